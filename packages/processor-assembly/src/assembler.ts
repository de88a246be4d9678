import type { Accounting, AppendStore, Clock, Logger } from '@spanloom/core'
import type { Span } from '@spanloom/core/traces'

import { Accounts } from './accounts.ts'
import { ClosingEnds } from './closing/closing-ends.ts'
import type { Counters } from './counters.ts'
import type { DurableStore } from './durable/durable-store.ts'
import { Restoration, type Restored } from './durable/restoration.ts'
import { Exit } from './emission/exit.ts'
import type { Fragment } from './fragment/fragment.ts'
import { Intake } from './intake/intake.ts'
import { KeyState } from './keys/key-state.ts'
import { retrying } from './keys/key-views.ts'
import type { Profiles } from './profile.ts'
import type { FragmentStore, MaybePromise, StoredFragment } from './store/store.ts'

/** What an assembler works with. */
export interface AssemblerOptions {
  readonly profiles: Profiles
  readonly store: FragmentStore
  readonly clock: Clock
  readonly logger: Logger
  readonly accounting: Accounting
  /** Most keys with fragments; the longest idle one leaves early. */
  readonly maxOpen: number
  /** Most keys that are only remembered; the oldest is forgotten. */
  readonly maxTombstones: number
  /** Takes what leaves, at once. */
  readonly output: (span: Span) => void
}

/** After something unforeseen a key is put off for so long, so that it cannot stop the others. */
const putOffMs = 60_000

/** So many keys that are due, or will be so soon, are read together from a store that answers later. */
const keysAtOnce = 256
const soonMs = 50

/**
 * Holds fragments until their spans are whole (`assembly.md`).
 *
 * The methods that return a `MaybePromise` are to be called one after the other: the next only when the promise of
 * the one before has been fulfilled. With a store in memory they are done when they return.
 */
export class Assembler {
  readonly #options: AssemblerOptions
  readonly #accounts: Accounts
  readonly #state: KeyState
  readonly #closings: ClosingEnds
  readonly #exit: Exit
  readonly #intake: Intake
  /** Keys with something that is to be dropped in this round. */
  readonly #spared = new Set<number>()

  constructor(options: AssemblerOptions) {
    this.#options = options
    this.#accounts = new Accounts(options.accounting)
    this.#state = new KeyState(options)
    this.#closings = new ClosingEnds(this.#state, this.#accounts)
    this.#state.onLost = (lost) => this.#lost(lost)
    this.#exit = new Exit(options, this.#state, this.#closings, this.#accounts)
    this.#intake = new Intake(options, this.#state, this.#closings, this.#exit, this.#accounts)
  }

  get counters(): Counters {
    return this.#accounts.counters
  }

  /** Fragments that are held; a closing end counts once. */
  get held(): number {
    return this.#state.held + this.#closings.held
  }

  /** Keys with fragments. */
  get openKeys(): number {
    return this.#state.table.open.size
  }

  /** Keys that are only remembered. */
  get rememberedKeys(): number {
    return this.#state.table.remembered.size
  }

  /** Bytes of the store. */
  get storedBytes(): number {
    return this.#state.store.size
  }

  /** When to call {@link settleDue}, in processing time; `Infinity` when nothing is held or remembered. */
  get nextDue(): number {
    return this.#state.timers.earliest
  }

  /** Whether nothing is held or remembered, so that no whole span concerns the assembler. */
  get isEmpty(): boolean {
    return this.#state.table.size === 0
  }

  /** Whether a span of this key concerns the assembler, even if nothing in it says so. */
  knows(key: string): boolean {
    return this.#state.table.find(key) !== undefined
  }

  /**
   * Takes up what a process before left in the store. Nothing leaves; what is due does so with the next call of
   * {@link settleDue}. Returns the spans that had left and were not taken, and how many records were of no use.
   */
  async restore(store: DurableStore, fragments: AppendStore): Promise<Restored> {
    const restoration = new Restoration(store, this.#state, this.#closings)
    const restored = await restoration.run(fragments, this.#options.clock)
    this.#intake.continueAfter(store.lastNumber)
    this.#accounts.restored(this.held)
    return restored
  }

  /** Books spans that went past. */
  passed(count: number): void {
    this.#accounts.passed(count)
  }

  /**
   * Takes fragments that were scanned, one after the other. Keys that are due leave before them, until `stop` says
   * that it is enough for now.
   */
  add(fragments: readonly Fragment[], stop: () => boolean): MaybePromise<void> {
    const settled = this.settleDue(stop)
    return settled === undefined
      ? this.#intake.add(fragments)
      : settled.then(() => this.#intake.add(fragments))
  }

  /** Lets everything leave that is due, until `stop` says that it is enough for now. */
  settleDue(stop: () => boolean): MaybePromise<void> {
    const { timers } = this.#state
    const now = this.#options.clock.monotonic()
    this.#exit.forgetParents()
    this.#closings.expire(now)
    for (let slot = timers.next(now); slot !== undefined && !stop(); slot = timers.next(now)) {
      if (!this.#state.views.isReady(slot)) return this.#loadDue(slot, now).then(() => this.settleDue(stop))
      const waiting = this.#look(slot, now, true)
      if (waiting !== undefined) return waiting.then(() => this.settleDue(stop))
    }
    return this.#dropSpared(now)
  }

  /** Gets what is due from a slow store in one go. */
  async #loadDue(slot: number, now: number): Promise<void> {
    const { timers, views } = this.#state
    const slots: number[] = []
    for (const one of timers.dueBy(now + soonMs)) {
      if (!views.isReady(one)) slots.push(one)
      if (slots.length === keysAtOnce) break
    }
    try {
      await views.load(slots)
    } catch (error) {
      this.#putOff(slot, now, error)
    }
  }

  /** Lets go of what leaves no span, after everything that might have it as a parent. */
  #dropSpared(now: number): MaybePromise<void> {
    for (const slot of this.#spared) {
      this.#spared.delete(slot)
      const waiting = this.#look(slot, now, false)
      if (waiting !== undefined) return waiting.then(() => this.#dropSpared(now))
    }
    return this.#state.written()
  }

  /**
   * Lets everything leave, key by key: the closed world with `all`, the end of the process with `shutdown`. Wait
   * for each promise that it yields before going on.
   */
  *drain(occasion: 'all' | 'shutdown'): Generator<MaybePromise<void>, void, undefined> {
    this.#exit.forgetParents()
    // First the spans, then what leaves none but may be somebody's parent.
    for (const spansOnly of [true, false]) {
      for (const slot of this.#state.table.slots()) {
        if ((this.#state.table.counts[slot] ?? 0) > 0) yield this.#leave(slot, occasion, spansOnly)
      }
    }
    this.#closings.expire(Number.POSITIVE_INFINITY)
    yield this.#state.written()
  }

  #leave(slot: number, occasion: 'all' | 'shutdown', spansOnly: boolean): MaybePromise<void> {
    const done = retrying(() => this.#exit.look(slot, occasion, spansOnly))
    return done instanceof Promise ? done.then(() => undefined) : undefined
  }

  /** Gives up on everything that is held, and counts it. Nothing may be called afterwards. */
  abandon(): void {
    this.#accounts.dropped(this.held, 'shutdown')
    this.#state.held = 0
    this.#closings.clear()
  }

  #lost(lost: readonly StoredFragment[]): void {
    const now = this.#options.clock.monotonic()
    this.#options.logger.error('Stored fragments cannot be read any more; spans go on without them.', {
      fragments: lost.length,
    })
    for (const { closing } of lost) {
      if (closing === 0) this.#accounts.dropped(1, 'unreadable')
      else this.#closings.leave({ closingNumber: closing }, now)
    }
  }

  #look(slot: number, now: number, spansOnly: boolean): MaybePromise<void> {
    try {
      const spared = retrying(() => this.#exit.look(slot, 'due', spansOnly))
      if (spared instanceof Promise) {
        return spared.then(
          (some) => this.#spare(slot, some),
          (error: unknown) => this.#putOff(slot, now, error),
        )
      }
      this.#spare(slot, spared)
    } catch (error) {
      this.#putOff(slot, now, error)
    }
  }

  #putOff(slot: number, now: number, error: unknown): void {
    this.#options.logger.error('A key could not be looked at and was put off.', { error })
    this.#state.timers.set(slot, now + putOffMs)
  }

  #spare(slot: number, some: boolean): void {
    if (some) this.#spared.add(slot)
  }
}
