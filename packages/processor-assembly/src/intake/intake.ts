import type { Clock } from '@spanloom/core'
import { Resource, Scope } from '@spanloom/core/traces'

import type { Accounts } from '../accounts.ts'
import type { ClosingEnds } from '../closing/closing-ends.ts'
import type { Exit } from '../emission/exit.ts'
import { fingerprintOf } from '../fragment/fingerprint.ts'
import type { Fragment } from '../fragment/fragment.ts'
import { inOrder } from '../fragment/order.ts'
import type { KeyState } from '../keys/key-state.ts'
import { holds } from '../keys/key-table.ts'
import { NotLoaded, retrying } from '../keys/key-views.ts'
import { walk } from '../runs/walk.ts'
import type { MaybePromise, StoredFragment } from '../store/store.ts'
import { quickDue } from '../timers/quick-due.ts'

/** What the intake works with. */
export interface IntakeOptions {
  readonly clock: Clock
  readonly maxOpen: number
}

/** A fragment that is being stored. */
interface Appending {
  readonly slot: number
  readonly fragment: Fragment
  readonly stored: StoredFragment
  readonly print: string
  readonly fresh: Promise<boolean>
}

const nanosPerMilli = 1_000_000n

/** Takes fragments in: recognises duplicates, stores, indexes, sets the timer. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #state: KeyState
  readonly #closings: ClosingEnds
  readonly #exit: Exit
  readonly #accounts: Accounts
  /** What a slow store leaves to be done. */
  #appending: Appending[] = []
  readonly #unsettled = new Set<number>()
  /** Keys whose timer cannot be told without looking. */
  readonly #doubtful = new Set<number>()
  #isBehind: boolean = false
  #arrivals: number = 0

  constructor(
    options: IntakeOptions,
    state: KeyState,
    closings: ClosingEnds,
    exit: Exit,
    accounts: Accounts,
  ) {
    this.#options = options
    this.#state = state
    this.#closings = closings
    this.#exit = exit
    this.#accounts = accounts
  }

  /** Goes on with numbers of arrival that are higher than this one. */
  continueAfter(arrival: number): void {
    this.#arrivals = arrival
  }

  /** Takes them one after the other; a slow store gets them side by side. */
  add(fragments: readonly Fragment[]): MaybePromise<void> {
    for (const [index, fragment] of fragments.entries()) {
      try {
        this.#take(fragment)
      } catch (error) {
        if (!(error instanceof NotLoaded)) throw error
        const rest = fragments.slice(index)
        return this.#catchUp()
          .then(() => error.loaded)
          .then(() => this.add(rest))
      }
    }
    return this.#isBehind || this.#appending.length > 0 ? this.#catchUp() : this.#state.written()
  }

  /** @throws NotLoaded before it has changed anything */
  #take(fragment: Fragment): void {
    const { table, store } = this.#state
    const { key } = fragment
    const before = table.find(key)
    if (before !== undefined) this.#leaveBefore(before)
    const known = table.find(key)
    const isTooMuch = known !== undefined && this.#refuses(known, fragment)
    this.#accounts.came()
    if (key === '') return this.#accounts.dropped(1, 'invalid_key')
    if (isTooMuch) return this.#accounts.dropped(1, 'max_fragments')
    const slot = table.find(key) ?? table.take(key)
    const stored = this.#storedForm(fragment)
    const print = fingerprintOf(fragment)
    const fresh = store.append(slot, key, stored, print)
    if (fresh instanceof Promise) this.#appending.push({ slot, fragment, stored, print, fresh })
    else this.#appended(slot, fragment, stored, print, fresh)
  }

  /**
   * Lets leave what is due of the key before it takes something new: what a process before let leave and could not note
   * any more has to leave as it did then. Purges closing ends that have expired, too.
   */
  #leaveBefore(slot: number): void {
    const { table, timers } = this.#state
    const isDue = timers.due(slot) <= this.#options.clock.monotonic()
    if (!isDue && ((table.kinds[slot] ?? 0) & holds.closing) === 0) return
    // A look may forget the key, and where something leaves others, too, for which something is being stored.
    if (this.#appending.some((one) => isDue || one.slot === slot)) throw new NotLoaded(Promise.resolve())
    this.#exit.look(slot, 'due')
  }

  /** Whether the run of an update has as many fragments as it may have. */
  #refuses(slot: number, fragment: Fragment): boolean {
    const { table, views } = this.#state
    const profile = this.#state.profileOf(slot)
    if (fragment.kind !== 'update' || (table.counts[slot] ?? 0) < profile.maxFragments) return false
    const view = views.of(slot)
    const { arrival, arrivedMs, wallNs } = this.#storedForm(fragment)
    fragment.place(profile, arrival, arrivedMs, wallNs)
    const { runs } = walk(inOrder([...view.fragments, fragment]), view.remembered, profile)
    const run = runs.find(({ fragments }) => fragments.includes(fragment))
    return run !== undefined && run.fragments.length > profile.maxFragments
  }

  #storedForm({ buffer, from, to, resource, scope, timeless, closing }: Fragment): StoredFragment {
    const { clock } = this.#options
    return {
      buffer,
      from,
      to,
      resource: resource ?? Resource.empty,
      scope: scope ?? Scope.empty,
      arrival: ++this.#arrivals,
      arrivedMs: clock.monotonic(),
      wallNs: timeless ? BigInt(Math.max(0, Math.round(clock.now()))) * nanosPerMilli : 0n,
      closing: closing ? this.#closings.number() : 0,
    }
  }

  #appended(slot: number, fragment: Fragment, stored: StoredFragment, print: string, fresh: boolean): void {
    if (!fresh) return this.#accounts.dropped(1, 'duplicate')
    this.#nameProfile(slot, fragment)
    this.#index(slot, fragment)
    this.#state.arrived(slot, fragment, stored.arrivedMs)
    this.#exit.forgetParents()
    this.#unsettled.add(slot)
    this.#closings.meet(slot)
    if (fragment.closing) {
      for (const member of this.#closings.came(slot, stored, print, stored.arrivedMs))
        this.#unsettled.add(member)
    }
    if (this.#appending.length > 0) return
    try {
      this.#settle()
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error
      this.#isBehind = true
    }
  }

  /** The profile of a key is the first that one of its fragments names. */
  #nameProfile(slot: number, { profile }: Fragment): void {
    const { table } = this.#state
    if (profile === '' || table.profiles[slot] !== 0) return
    if (!this.#state.nameProfile(slot, profile)) this.#accounts.counters.unknownProfiles++
    // What is held already may be due sooner under this profile.
    if ((table.counts[slot] ?? 0) > 0) this.#doubtful.add(slot)
  }

  /** Under which names the key can be found, and who waits for one of them. */
  #index(slot: number, fragment: Fragment): void {
    const { aliases, waiting } = this.#state
    this.#state.name(slot, fragment)
    if (waiting.size === 0) return
    for (const name of [fragment.key, ...aliases.names(slot)]) {
      for (const child of waiting.slots(name)) this.#unsettled.add(child)
    }
  }

  /** Sets the timers of keys that got something, and lets leave what has to. */
  #settle(): void {
    const { table, timers } = this.#state
    const now = this.#options.clock.monotonic()
    for (const slot of this.#unsettled) {
      if (this.#isSimple(slot)) timers.set(slot, quickDue(table, slot, this.#state.profileOf(slot), now))
      else this.#exit.look(slot, 'due')
      this.#doubtful.delete(slot)
      this.#unsettled.delete(slot)
    }
    this.#evict()
    this.#isBehind = false
  }

  /** Whether its timer can be told without looking at its fragments. */
  #isSimple(slot: number): boolean {
    const { table, waiting } = this.#state
    if ((table.runs[slot] ?? 0) > 0 || ((table.kinds[slot] ?? 0) & holds.closing) !== 0) return false
    return waiting.size === 0 && !this.#doubtful.has(slot)
  }

  #evict(): void {
    const { open } = this.#state.table
    while (open.size > this.#options.maxOpen) {
      const { oldest } = open
      if (oldest === undefined) return
      this.#exit.look(oldest, 'all')
      this.#accounts.counters.evicted++
    }
  }

  /** Waits for a slow store, and does what was left to be done. @throws what the store could not store */
  async #catchUp(): Promise<void> {
    let fault: unknown
    for (let next = this.#appending.shift(); next !== undefined; next = this.#appending.shift()) {
      const { slot, fragment, stored, print } = next
      try {
        this.#appended(slot, fragment, stored, print, await next.fresh)
      } catch (error) {
        fault ??= error
        this.#notStored(slot)
      }
    }
    await this.#load()
    await retrying(() => this.#settle())
    await this.#state.written()
    if (fault !== undefined) throw fault
  }

  /** Gets what has to be looked at from a slow store in one go. */
  async #load(): Promise<void> {
    await this.#state.views.load([...this.#unsettled].filter((slot) => !this.#isSimple(slot)))
  }

  /** The fragment stays with its sender. */
  #notStored(slot: number): void {
    const { table } = this.#state
    this.#accounts.counters.in--
    if (table.counts[slot] === 0 && table.runs[slot] === 0) table.free(slot)
  }
}
