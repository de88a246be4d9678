import { Fragment } from './fragment.ts'
import type { KeyTable } from './key-table.ts'
import type { Names } from './names.ts'
import type { Directory } from './parents.ts'
import type { Profiles } from './profile.ts'
import { decodeRemembered } from './remembered-codec.ts'
import type { FragmentStore, KeyRecords, MaybePromise, StoredFragment } from './store.ts'
import { type View, viewOf } from './view.ts'

/** So many keys are kept in a form that can be worked with, for parents that are asked for again and again. */
const maxViews = 4_096

/** The store has to be waited for; the work is to be begun again when `loaded` resolves. */
export class NotLoaded extends Error {
  readonly loaded: Promise<void>

  constructor(loaded: Promise<void>) {
    super('The fragments of a key have to be waited for.')
    this.loaded = loaded
  }
}

/** Does the work, and again from its beginning whenever something had to be loaded for it. */
export function retrying<T>(work: () => T): MaybePromise<T> {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof NotLoaded)) throw error
    return error.loaded.then(() => retrying(work))
  }
}

/** What the views are made from. */
export interface ViewSources {
  readonly table: KeyTable
  readonly store: FragmentStore
  readonly profiles: Profiles
  readonly aliases: Names
  readonly ids: Names
}

/** Looks at the fragments of keys, and keeps what it saw until they change. */
export class KeyViews implements Directory {
  readonly #sources: ViewSources
  readonly #views = new Map<number, View>()
  /** What a slow store is asked for, and what it answered; a change of the key in between makes both void. */
  readonly #asked = new Map<number, Promise<KeyRecords>>()
  readonly #loaded = new Map<number, KeyRecords>()

  constructor(sources: ViewSources) {
    this.#sources = sources
  }

  /** @throws NotLoaded when the store answers later */
  of(slot: number): View {
    const known = this.#views.get(slot)
    if (known !== undefined) return known
    const view = this.#look(slot, this.#records(slot))
    if (this.#views.size >= maxViews) this.#forgetOldest()
    this.#views.set(slot, view)
    return view
  }

  /** To be called whenever the fragments of a key change. */
  changed(slot: number): void {
    this.#views.delete(slot)
    this.#asked.delete(slot)
    this.#loaded.delete(slot)
  }

  view(key: string): View | undefined {
    const slot = this.#sources.table.find(key)
    return slot === undefined ? undefined : this.of(slot)
  }

  byAlias(name: string): readonly View[] {
    return Array.from(this.#sources.aliases.slots(name), (slot) => this.of(slot))
  }

  byIds(key: string): readonly View[] {
    return Array.from(this.#sources.ids.slots(key), (slot) => this.of(slot))
  }

  #records(slot: number): KeyRecords {
    const loaded = this.#loaded.get(slot)
    if (loaded !== undefined) {
      this.#loaded.delete(slot)
      return loaded
    }
    const { table, store } = this.#sources
    const records = store.read(slot, table.key(slot))
    if (!(records instanceof Promise)) return records
    this.#asked.set(slot, records)
    throw new NotLoaded(this.#load(slot, records))
  }

  async #load(slot: number, records: Promise<KeyRecords>): Promise<void> {
    const answer = await records
    if (this.#asked.get(slot) === records) this.#loaded.set(slot, answer)
  }

  #look(slot: number, { fragments, memory }: KeyRecords): View {
    const { table, profiles } = this.#sources
    const profile = profiles.at(Math.max(0, (table.profiles[slot] ?? 0) - 1))
    const placed = fragments.map((stored) => {
      const fragment = fragmentOf(stored)
      fragment.place(profile, stored.arrival, stored.arrivedMs, stored.wallNs)
      return fragment
    })
    return viewOf(table.key(slot), profile, placed, memory === undefined ? [] : decodeRemembered(memory))
  }

  #forgetOldest(): void {
    for (const slot of this.#views.keys()) {
      this.#views.delete(slot)
      return
    }
  }
}

function fragmentOf({ buffer, from, to, resource, scope, closing }: StoredFragment): Fragment {
  const fragment = new Fragment()
  fragment.scan(buffer, from, to)
  fragment.resource = resource
  fragment.scope = scope
  fragment.closingNumber = closing
  return fragment
}
