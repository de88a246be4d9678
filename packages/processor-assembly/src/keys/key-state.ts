import type { Fragment } from '../fragment/fragment.ts'
import { keyOfIds } from '../fragment/key.ts'
import type { Profile, Profiles } from '../profile.ts'
import type { FragmentStore, KeyFacts, MaybePromise, StoredFragment } from '../store/store.ts'
import { Timers } from '../timers/timers.ts'
import { holds, KeyTable } from './key-table.ts'
import { KeyViews, type Loss } from './key-views.ts'
import { Names } from './names.ts'

/** Everything known about keys: what is held and remembered, under which names, and when it is due. */
export class KeyState {
  readonly table: KeyTable = new KeyTable()
  readonly timers: Timers = new Timers()
  readonly aliases: Names = new Names()
  readonly groups: Names = new Names()
  /** Keys by the ids of their fragments, where these are not the key. */
  readonly ids: Names = new Names()
  /** Keys with a run that waits for a parent of that name. */
  readonly waiting: Names = new Names()
  readonly views: KeyViews
  readonly store: FragmentStore
  readonly profiles: Profiles
  /** Fragments that are held, closing ends left out. */
  held: number = 0
  /** Called with fragments that a damaged store has lost. */
  onLost: (lost: readonly StoredFragment[]) => void = () => undefined
  #writes: Promise<unknown>[] = []

  constructor({ store, profiles }: { readonly store: FragmentStore; readonly profiles: Profiles }) {
    const { table, aliases, ids } = this
    this.store = store
    this.profiles = profiles
    const lose = (slot: number, loss: Loss): void => this.#lose(slot, loss)
    this.views = new KeyViews({ table, store, profiles, aliases, ids, lose })
  }

  profileOf(slot: number): Profile {
    return this.profiles.at(Math.max(0, (this.table.profiles[slot] ?? 0) - 1))
  }

  /**
   * The profile of a key is the first that one of its fragments names. False when it is one that nobody knows, in
   * the place of which the default profile is used.
   */
  nameProfile(slot: number, name: string): boolean {
    const number = this.profiles.find(name)
    this.table.profiles[slot] = (number ?? 0) + 1
    return number !== undefined
  }

  /** Under which names the key can be found because of this fragment. */
  name(slot: number, fragment: Fragment): void {
    const { key, group, keyName, traceIdAt, spanIdAt, buffer } = fragment
    for (const alias of fragment.aliases) this.aliases.add(alias, slot)
    if (group !== '') this.groups.add(group, slot)
    if (keyName === '' || traceIdAt === 0 || spanIdAt === 0 || fragment.closing) return
    const own = keyOfIds(buffer, traceIdAt, spanIdAt)
    if (own !== key) this.ids.add(own, slot)
  }

  /** What is known about the key; undefined when the slot does not stand for it any more. */
  factsOf(slot: number, key: string): KeyFacts | undefined {
    const { table } = this
    if (!table.holds(slot, key)) return undefined
    const profile = table.profiles[slot] ?? 0
    return {
      profile: profile === 0 ? '' : this.profiles.nameOf(profile - 1),
      lastArrivalMs: table.lastArrival[slot] ?? 0,
      lastLeaveMs: table.lastLeave[slot] ?? 0,
      aliases: this.aliases.names(slot),
      groups: this.groups.names(slot),
      ids: this.ids.names(slot),
    }
  }

  /** Notes that a fragment has been stored. */
  arrived(slot: number, { kind, closing }: Pick<Fragment, 'kind' | 'closing'>, now: number): void {
    const { table } = this
    const kinds = table.kinds[slot] ?? 0
    const count = table.counts[slot] ?? 0
    if ((kinds & ~holds.closing) === 0 && (!closing || count === 0)) table.firstArrival[slot] = now
    if (!closing || count === 0) table.lastArrival[slot] = now
    table.counts[slot] = count + 1
    table.kinds[slot] = kinds | kindsOf(kind, closing, kinds)
    if (!closing) this.held++
    table.remembered.remove(slot)
    table.open.touch(slot)
    this.views.changed(slot)
  }

  /** Sets what is known of a key after something has left it. */
  left(slot: number, rest: readonly Fragment[], runs: number): void {
    const { table } = this
    let kinds = 0
    let first = Number.POSITIVE_INFINITY
    for (const { kind, closing, arrivedMs } of rest) {
      kinds |= kindsOf(kind, closing, kinds)
      if (!closing && arrivedMs < first) first = arrivedMs
    }
    table.kinds[slot] = kinds
    table.firstArrival[slot] = first
    table.counts[slot] = rest.length
    table.runs[slot] = runs
    this.views.changed(slot)
    if (rest.length > 0) return
    table.open.remove(slot)
    table.remembered.touch(slot)
  }

  /** Goes on without what a damaged store cannot give any more. */
  #lose(slot: number, { lost, rest, remembered, memory }: Loss): void {
    const gone = new Set(lost.map(({ arrival }) => arrival))
    this.write(this.store.release(slot, this.table.key(slot), gone, memory))
    this.held -= lost.filter(({ closing }) => closing === 0).length
    this.left(slot, rest, remembered.length)
    this.onLost(lost)
  }

  /** Forgets a key and everything under it. */
  forget(slot: number): void {
    this.write(this.store.delete(slot, this.table.key(slot)))
    this.views.changed(slot)
    this.timers.clear(slot)
    for (const names of [this.aliases, this.groups, this.ids, this.waiting]) names.remove(slot)
    this.table.free(slot)
  }

  /** Keeps an eye on something that the store does. */
  write(done: MaybePromise<void>): void {
    if (done instanceof Promise) this.#writes.push(done)
  }

  /** Resolves once the store has done everything. */
  written(): MaybePromise<void> {
    if (this.#writes.length === 0) return undefined
    const writes = this.#writes
    this.#writes = []
    return Promise.all(writes).then(() => undefined)
  }
}

function kindsOf(kind: Fragment['kind'], closing: boolean, before: number): number {
  if (closing) return holds.closing
  switch (kind) {
    case 'start':
      return startsOf(before)
    case 'complete':
      return startsOf(before) | holds.end
    case 'end':
      return holds.end
    case 'update':
      return holds.update
  }
}

function startsOf(before: number): number {
  return (before & holds.start) === 0 ? holds.start : holds.start | holds.starts
}
