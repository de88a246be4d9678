import type { Clock, Logger } from '@spanloom/core'
import type { Span } from '@spanloom/core/traces'

import type { Accounts } from '../accounts.ts'
import type { ClosingEnds } from '../closing/closing-ends.ts'
import type { Fragment } from '../fragment/fragment.ts'
import type { KeyState } from '../keys/key-state.ts'
import { namingOf, Parents } from '../runs/parents.ts'
import { worthRemembering } from '../runs/remember.ts'
import { encodeRemembered } from '../runs/remembered-codec.ts'
import type { Run } from '../runs/run.ts'
import type { KnownRun, View } from '../runs/view.ts'
import { never, settleFrom } from '../timers/due.ts'
import { type Departures, departuresOf, type Occasion } from './departures.ts'
import { Emission, type EmittedRun, type LateFragment } from './emission.ts'

/** What the exit works with. */
export interface ExitOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly maxTombstones: number
  readonly output: (span: Span) => void
}

/** Lets runs leave their keys: as spans, late spans, or counted (`assembly.md` section 7). */
export class Exit {
  readonly #options: ExitOptions
  readonly #state: KeyState
  readonly #closings: ClosingEnds
  readonly #accounts: Accounts
  readonly #parents: Parents
  readonly #emission: Emission

  constructor(options: ExitOptions, state: KeyState, closings: ClosingEnds, accounts: Accounts) {
    this.#options = options
    this.#state = state
    this.#closings = closings
    this.#accounts = accounts
    this.#parents = new Parents(state.views)
    this.#emission = new Emission(this.#parents, options.logger)
  }

  /** To be called whenever fragments have come: who is whose parent has to be asked again. */
  forgetParents(): void {
    this.#parents.forget()
  }

  /**
   * Lets everything leave a key that has to, and sets when to look again. Begins anew when something had to be
   * loaded.
   *
   * @param spansOnly leaves alone what is to be dropped, so that others still find it as their parent
   * @returns whether something was left alone
   */
  look(slot: number, occasion: Occasion, spansOnly: boolean = false): boolean {
    const { table, timers } = this.#state
    const now = this.#options.clock.monotonic()
    while ((table.counts[slot] ?? 0) > 0) {
      const view = this.#state.views.of(slot)
      // A damaged store may have nothing left of it.
      if ((table.counts[slot] ?? 0) === 0) break
      const departures = this.#departures(slot, view, occasion, spansOnly, now)
      const { emitted, dropped, late, purged, nextDue } = departures
      if (emitted.length + dropped.length + late.length + purged.length === 0) {
        timers.set(slot, nextDue)
        return departures.spared
      }
      this.#leave(slot, view, departures, now)
      if (!table.holds(slot, view.key)) return false
    }
    return this.#rest(slot, now, spansOnly)
  }

  #departures(slot: number, view: View, occasion: Occasion, spansOnly: boolean, now: number): Departures {
    return departuresOf(view, {
      occasion,
      now,
      settleFromMs: settleFrom(view, this.#state.table.lastArrival[slot] ?? now),
      spansOnly,
      expiryOf: (closing) => this.#closings.expiryOf(closing),
      patience: (known) => this.#patience(slot, view, known),
    })
  }

  /** A key without fragments is remembered for a while. */
  #rest(slot: number, now: number, spansOnly: boolean): boolean {
    const { table, timers } = this.#state
    const until = (table.lastLeave[slot] ?? 0) + this.#state.profileOf(slot).tombstoneTtlMs
    if ((table.runs[slot] ?? 0) === 0 || until <= now) {
      if (spansOnly) timers.set(slot, never)
      else this.#state.forget(slot)
      return spansOnly
    }
    timers.set(slot, until)
    while (table.remembered.size > this.#options.maxTombstones) {
      const { oldest } = table.remembered
      if (oldest === undefined) break
      this.#state.forget(oldest)
      this.#accounts.counters.forgotten++
    }
    return false
  }

  /** How much longer a run waits because its parent is not known. */
  #patience(slot: number, { profile }: View, { run }: KnownRun): number {
    if (profile.waitForParentMs === 0) return 0
    const key = namingOf(run)?.parentKey ?? ''
    if (key === '' || this.#parents.find(key, run.begin) !== undefined) return 0
    this.#state.waiting.add(key, slot)
    return profile.waitForParentMs
  }

  #leave(slot: number, view: View, departures: Departures, now: number): void {
    const runs = this.#emission.runs(view, departures)
    const late = this.#emission.late(view, departures)
    // From here on nothing fails and nothing has to be loaded.
    const gone = new Set<number>()
    for (const one of late) this.#leaveLate(one, gone)
    for (const one of runs) this.#leaveEmitted(one, gone, now)
    for (const { run, reason } of departures.dropped) {
      this.#accounts.dropped(this.#release(run, gone), reason)
      for (const fragment of run.fragments) if (fragment.closing) this.#closings.leave(fragment, now)
    }
    for (const closing of departures.purged) {
      gone.add(closing.arrival)
      this.#closings.leave(closing, now)
    }
    if (runs.length > 0) this.#state.table.lastLeave[slot] = now
    this.#store(slot, view, gone, runs)
  }

  #leaveLate({ fragment, outcome }: LateFragment, gone: Set<number>): void {
    gone.add(fragment.arrival)
    this.#state.held--
    if (typeof outcome === 'string') return this.#accounts.dropped(1, outcome)
    this.#accounts.late()
    this.#options.output(outcome)
  }

  #leaveEmitted({ run, span }: EmittedRun, gone: Set<number>, now: number): void {
    const own = this.#release(run, gone)
    let closings = 0
    for (const fragment of run.fragments) {
      if (!fragment.closing) continue
      if (this.#closings.merge(fragment)) closings++
      this.#closings.leave(fragment, now)
    }
    this.#accounts.emitted(own, closings)
    this.#options.output(span)
  }

  /** Takes the run's own fragments off the books and returns how many there are. */
  #release({ fragments }: Run, gone: Set<number>): number {
    let own = 0
    for (const { arrival, closing } of fragments) {
      gone.add(arrival)
      if (!closing) own++
    }
    this.#state.held -= own
    return own
  }

  #store(slot: number, view: View, gone: ReadonlySet<number>, runs: readonly EmittedRun[]): void {
    const { store } = this.#state
    const rest = view.fragments.filter(({ arrival }: Fragment) => !gone.has(arrival))
    const remembered = worthRemembering([...view.remembered, ...runs.map((one) => one.remembered)])
    if (rest.length === 0 && remembered.length === 0) return this.#state.forget(slot)
    this.#state.write(
      remembered.length === 0
        ? store.release(slot, view.key, gone, undefined)
        : encodeRemembered(remembered, (memory) => store.release(slot, view.key, gone, memory)),
    )
    this.#state.left(slot, rest, remembered.length)
  }
}
