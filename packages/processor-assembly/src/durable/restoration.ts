import type { AppendStore, Clock } from '@spanloom/core'

import type { ClosingEnds } from '../closing/closing-ends.ts'
import { RestoredClosings } from '../closing/restored-closings.ts'
import { Fragment } from '../fragment/fragment.ts'
import type { KeyState } from '../keys/key-state.ts'
import { holds } from '../keys/key-table.ts'
import { countRemembered } from '../runs/remembered-codec.ts'
import { never } from '../timers/due.ts'
import { quickDue } from '../timers/quick-due.ts'
import type { DurableStore } from './durable-store.ts'
import type { RestoredRecord } from './record-scan.ts'

type Of<Kind extends RestoredRecord['kind']> = Extract<RestoredRecord, { readonly kind: Kind }>

/** Spans that had left, as OTLP `TracesData`, and the record that holds them. */
export interface RestoredSpans {
  readonly sequence: number
  readonly traces: Buffer
}

/** What was found on disk besides what is open and remembered. */
export interface Restored {
  readonly waiting: readonly RestoredSpans[]
  /** Records that could not be read and were left where they are. */
  readonly unreadable: number
}

/** So many timers are set in one turn of the event loop. */
const keysPerTurn = 4_096

/** Brings back what was open and remembered when the process before ended. */
export class Restoration {
  readonly #store: DurableStore
  readonly #state: KeyState
  readonly #closings: RestoredClosings
  readonly #waiting: RestoredSpans[] = []
  readonly #fragment = new Fragment()
  #useless: number = 0

  constructor(store: DurableStore, state: KeyState, closings: ClosingEnds) {
    this.#store = store
    this.#state = state
    this.#closings = new RestoredClosings(store, state, closings)
  }

  async run(fragments: AppendStore, clock: Clock): Promise<Restored> {
    const factsOf = (slot: number, key: string): ReturnType<KeyState['factsOf']> =>
      this.#state.factsOf(slot, key)
    const pages = this.#store.open({ fragments, factsOf })
    let page = await pages.next()
    while (page.done !== true) {
      const ahead = pages.next()
      // Its outcome is looked at below; until then nobody is there to hear of a failure.
      ahead.catch(() => undefined)
      // The disk reads the next page while this one is taken up.
      await nextTurn()
      for (const record of page.value) this.#take(record)
      page = await ahead
    }
    const now = clock.monotonic()
    this.#closings.finish(now)
    await this.#setTimers(now)
    return { waiting: this.#waiting, unreadable: page.value + this.#useless }
  }

  #take(record: RestoredRecord): void {
    try {
      switch (record.kind) {
        case 'fragment':
          return this.#takeFragment(record)
        case 'copy':
          return this.#takeCopy(record)
        case 'note':
          return this.#takeNote(record)
        case 'closing':
          return this.#closings.take(record)
        case 'waiting':
          return void this.#waiting.push(record)
      }
    } catch {
      this.#useless++
    }
  }

  #takeFragment(record: Of<'fragment'>): void {
    const { key, sequence, fingerprint, fragment: stored } = record
    const fragment = this.#fragment
    fragment.scan(stored.buffer, stored.from, stored.to)
    const slot = this.#slotOf(key)
    if (!this.#store.admit(slot, sequence, stored, fingerprint)) return this.#store.remove(sequence)
    const { profile } = fragment
    if (profile !== '' && this.#state.table.profiles[slot] === 0) this.#state.nameProfile(slot, profile)
    this.#state.name(slot, fragment)
    this.#arrived(slot, fragment, stored.arrivedMs)
    if (fragment.closing) this.#closings.hold(record)
  }

  #takeCopy(record: Of<'copy'>): void {
    const { key, sequence, fingerprint, fragment } = record
    const slot = this.#slotOf(key)
    if (!this.#store.admit(slot, sequence, fragment, fingerprint)) return this.#store.remove(sequence)
    this.#arrived(slot, { kind: 'end', closing: true }, fragment.arrivedMs)
    this.#closings.hold(record)
  }

  #takeNote({ key, sequence, facts, memory }: Of<'note'>): void {
    const { table, aliases, groups, ids } = this.#state
    const slot = this.#slotOf(key)
    const remembered = this.#store.recall(slot, sequence, memory)
    table.runs[slot] = remembered === undefined ? 0 : countRemembered(remembered)
    // Its profile was named by a fragment that came before those which are left.
    if (facts.profile !== '') this.#state.nameProfile(slot, facts.profile)
    for (const name of facts.aliases) aliases.add(name, slot)
    for (const name of facts.groups) groups.add(name, slot)
    for (const name of facts.ids) ids.add(name, slot)
    table.lastLeave[slot] = facts.lastLeaveMs
    table.lastArrival[slot] = Math.max(table.lastArrival[slot] ?? -never, facts.lastArrivalMs)
  }

  #slotOf(key: string): number {
    const { table } = this.#state
    const known = table.find(key)
    if (known !== undefined) return known
    const slot = table.take(key)
    table.lastArrival[slot] = -never
    return slot
  }

  /** What is known about the key's last arrival may be younger than what is left of it. */
  #arrived(slot: number, fragment: Pick<Fragment, 'kind' | 'closing'>, arrivedMs: number): void {
    const { lastArrival } = this.#state.table
    const before = lastArrival[slot] ?? -never
    this.#state.arrived(slot, fragment, arrivedMs)
    const { table } = this.#state
    table.lastArrival[slot] = Math.max(before, table.lastArrival[slot] ?? -never)
  }

  /** Timers go on from where they were: what counts is when fragments came and runs left. */
  async #setTimers(now: number): Promise<void> {
    const { table, timers } = this.#state
    const remembered: number[] = []
    let count = 0
    for (const slot of table.slots()) {
      if (++count % keysPerTurn === 0) await nextTurn()
      if ((table.counts[slot] ?? 0) === 0) {
        remembered.push(slot)
        timers.set(slot, this.#forgottenFrom(slot, now))
      } else if ((table.runs[slot] ?? 0) > 0 || ((table.kinds[slot] ?? 0) & holds.closing) !== 0) {
        // Only a look at its fragments tells, and a look lets nothing leave before its time.
        timers.set(slot, now)
      } else {
        timers.set(slot, quickDue(table, slot, this.#state.profileOf(slot), table.lastArrival[slot] ?? now))
      }
    }
    const left = (slot: number): number => table.lastLeave[slot] ?? 0
    for (const slot of remembered.toSorted((one, other) => left(one) - left(other)))
      table.remembered.touch(slot)
  }

  #forgottenFrom(slot: number, now: number): number {
    const { table } = this.#state
    if ((table.runs[slot] ?? 0) === 0) return now
    return (table.lastLeave[slot] ?? now) + this.#state.profileOf(slot).tombstoneTtlMs
  }
}

/** Lets the event loop do something else. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
