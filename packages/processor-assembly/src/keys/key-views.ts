import { Fragment } from '../fragment/fragment.ts'
import type { Profiles } from '../profile.ts'
import type { Directory } from '../runs/parents.ts'
import { decodeRemembered } from '../runs/remembered-codec.ts'
import type { Remembered } from '../runs/remembered.ts'
import { type View, viewOf } from '../runs/view.ts'
import type { FragmentStore, KeyRecords, MaybePromise, StoredFragment } from '../store/store.ts'
import type { KeyTable } from './key-table.ts'
import type { Names } from './names.ts'

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
  /** Called with fragments whose bytes are gone for good, before a view is made of what is left. */
  readonly lose: (slot: number, loss: Loss) => void
}

/** What a store could not give any more. */
export interface Loss {
  readonly lost: readonly StoredFragment[]
  readonly rest: readonly Fragment[]
  /** What is remembered of runs that have left, and in the form in which it is stored. */
  readonly remembered: readonly Remembered[]
  readonly memory: Buffer | undefined
}

/** So many keys are asked for together from a store that answers later. */
const loadable = 512

/** Looks at the fragments of keys, and keeps what it saw until they change. */
export class KeyViews implements Directory {
  readonly #sources: ViewSources
  readonly #views = new Map<number, View>()
  /** What a slow store is asked for, and what it answered; a change of the key in between makes both void. */
  readonly #asked = new Map<number, Promise<KeyRecords>>()
  readonly #loaded = new Map<number, KeyRecords>()
  #room: number = maxViews

  constructor(sources: ViewSources) {
    this.#sources = sources
  }

  /** @throws NotLoaded when the store answers later */
  of(slot: number): View {
    const known = this.#views.get(slot)
    if (known !== undefined) return known
    const view = this.#look(slot, this.#records(slot))
    if (this.#views.size >= this.#room) this.#forgetOldest()
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
    return this.#all([...this.#sources.aliases.slots(name)])
  }

  byIds(key: string): readonly View[] {
    return this.#all([...this.#sources.ids.slots(key)])
  }

  /** Whether the fragments of a key need not be waited for. */
  isReady(slot: number): boolean {
    const { table, store } = this.#sources
    if (store.readMany === undefined || (table.counts[slot] ?? 0) === 0) return true
    return this.#views.has(slot) || this.#loaded.has(slot)
  }

  /** Gets the fragments of keys that are about to be looked at from a store that answers later. */
  async load(slots: readonly number[]): Promise<void> {
    const { store } = this.#sources
    if (store.readMany === undefined) return
    const wanted = slots.filter((slot) => !this.#views.has(slot) && !this.#loaded.has(slot))
    for (let from = 0; from < wanted.length; from += loadable) {
      const some = wanted.slice(from, from + loadable)
      const answers = store.readMany(some)
      await Promise.all(some.map((slot, index) => this.#await(slot, recordsAt(answers, index))))
    }
  }

  #all(slots: readonly number[]): readonly View[] {
    // All have to be there at the same time, or the one would have to go for the other again and again.
    this.#room = Math.max(maxViews, slots.length * 2)
    if (slots.some((slot) => !this.isReady(slot))) throw new NotLoaded(this.load(slots))
    return slots.map((slot) => this.of(slot))
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
    throw new NotLoaded(this.#await(slot, records))
  }

  async #await(slot: number, records: Promise<KeyRecords>): Promise<void> {
    this.#asked.set(slot, records)
    const answer = await records
    if (this.#asked.get(slot) === records) this.#loaded.set(slot, answer)
  }

  #look(slot: number, { fragments, memory, lost }: KeyRecords): View {
    const { table, profiles } = this.#sources
    const profile = profiles.at(Math.max(0, (table.profiles[slot] ?? 0) - 1))
    const placed = fragments.map((stored) => {
      const fragment = fragmentOf(stored)
      fragment.place(profile, stored.arrival, stored.arrivedMs, stored.wallNs)
      return fragment
    })
    const remembered = memory === undefined ? [] : decodeRemembered(memory)
    if (lost !== undefined) this.#sources.lose(slot, { lost, rest: placed, remembered, memory })
    return viewOf(table.key(slot), profile, placed, remembered)
  }

  #forgetOldest(): void {
    for (const slot of this.#views.keys()) {
      this.#views.delete(slot)
      return
    }
  }
}

const noRecords: KeyRecords = { fragments: [], memory: undefined }

async function recordsAt(answers: Promise<readonly KeyRecords[]>, index: number): Promise<KeyRecords> {
  return (await answers)[index] ?? noRecords
}

function fragmentOf({ buffer, from, to, resource, scope, closing }: StoredFragment): Fragment {
  const fragment = new Fragment()
  fragment.scan(buffer, from, to)
  fragment.resource = resource
  fragment.scope = scope
  fragment.closingNumber = closing
  return fragment
}
