import type { Accounts } from '../accounts.ts'
import type { Fragment } from '../fragment/fragment.ts'
import type { KeyState } from '../keys/key-state.ts'
import type { StoredFragment } from '../store/store.ts'
import { type Closing, Closings } from './closings.ts'

/**
 * Closing ends act in their own key and, as if copied, in every key of their group (`assembly.md` section 4). Here
 * they are copied, to what is open when they come and to what comes until they expire, and counted once.
 */
export class ClosingEnds {
  readonly #state: KeyState
  readonly #accounts: Accounts
  #closings: Closings

  constructor(state: KeyState, accounts: Accounts) {
    this.#state = state
    this.#accounts = accounts
    this.#closings = new Closings(state.store.closings)
  }

  /** Those that are held and not yet part of a span. */
  get held(): number {
    return this.#closings.held
  }

  /** Number for the next one. */
  number(): number {
    return this.#closings.number()
  }

  expiryOf({ closingNumber }: Fragment): number {
    return this.#closings.get(closingNumber)?.expiresMs ?? 0
  }

  /** Lets go of what has expired. */
  expire(now: number): void {
    this.#closings.expire(now)
  }

  /** Forgets all of them. */
  clear(): void {
    this.#closings = new Closings(this.#state.store.closings)
  }

  /** A closing end has been stored in its own key. Returns the slots that got a copy. */
  came(slot: number, fragment: StoredFragment, fingerprint: string, now: number): readonly number[] {
    const key = this.#state.table.key(slot)
    const { buffer, from, to, closing: number } = fragment
    const bytes = Buffer.from(buffer.subarray(from, to))
    const closing: Closing = {
      number,
      key,
      fingerprint,
      expiresMs: now + this.#state.profileOf(slot).startWaitMs,
      fragment: { ...fragment, buffer: bytes, from: 0, to: bytes.length },
      given: new Set([key]),
      holders: 1,
      merged: false,
    }
    this.#closings.add(closing)
    return this.#spread(closing)
  }

  /** Takes up a closing end of the process before, which may have ended before it could write all copies. */
  restore(closing: Closing, now: number): void {
    const { firstArrival } = this.#state.table
    this.#closings.restore(closing, now)
    // What came after it had expired has nothing to do with it.
    this.#spread(closing, (slot) => (firstArrival[slot] ?? now) <= closing.expiresMs)
  }

  /** A fragment came: the key gets copies of the closing ends of its groups. True when it got any. */
  meet(slot: number): boolean {
    if (!this.#closings.active) return false
    let met = false
    for (const group of this.#state.groups.names(slot)) {
      for (const closing of this.#closings.of(group)) met = this.#copy(closing, slot) || met
    }
    return met
  }

  /** A span with this closing end is emitted. True the first time. */
  merge({ closingNumber }: Fragment): boolean {
    const closing = this.#closings.get(closingNumber)
    return closing !== undefined && this.#closings.merge(closing)
  }

  /** A key lets go of its copy. */
  leave({ closingNumber }: Pick<Fragment, 'closingNumber'>, now: number): void {
    const closing = this.#closings.get(closingNumber)
    if (closing !== undefined && this.#closings.leave(closing, now)) this.#accounts.dropped(1, 'close')
  }

  /** Copies it into what is open in its group. */
  #spread(closing: Closing, concerns: (slot: number) => boolean = () => true): readonly number[] {
    const { groups, table } = this.#state
    const open = [...groups.slots(closing.key)].filter((slot) => (table.counts[slot] ?? 0) > 0)
    return open.filter((slot) => concerns(slot) && this.#copy(closing, slot))
  }

  #copy(closing: Closing, slot: number): boolean {
    const { store, table } = this.#state
    const key = table.key(slot)
    if (closing.given.has(key)) return false
    closing.given.add(key)
    const fresh = store.share(slot, key, closing.fragment, closing.fingerprint)
    if (fresh === false) return false
    if (fresh instanceof Promise) this.#state.write(fresh.then(() => undefined))
    closing.holders++
    this.#state.arrived(slot, { kind: 'end', closing: true }, closing.fragment.arrivedMs)
    return true
  }
}
