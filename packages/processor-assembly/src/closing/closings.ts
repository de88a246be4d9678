import type { ClosingKeeper, KeptClosing } from '../store/store.ts'

/**
 * A closing end while it is remembered, and as long as copies of it are held (`assembly.md` section 4). The bytes of
 * its fragment lie in a buffer of its own.
 */
export interface Closing extends KeptClosing {
  /** Keys that have got it. */
  readonly given: Set<string>
  /** How many keys hold it. */
  holders: number
  /** Whether a span that it ended was emitted, so that it is accounted for. */
  merged: boolean
}

/** Closing ends that may still end something. */
export class Closings {
  /** Held and not yet part of a span: each counts once, however many copies there are. */
  held: number = 0
  readonly #byNumber = new Map<number, Closing>()
  readonly #byGroup = new Map<string, Set<Closing>>()
  /** By expiry. */
  readonly #queue: Closing[] = []
  readonly #keeper: ClosingKeeper | undefined
  #last: number = 0

  /** `keeper` keeps them across restarts. */
  constructor(keeper?: ClosingKeeper) {
    this.#keeper = keeper
  }

  /** Whether fragments that come may meet a closing end. */
  get active(): boolean {
    return this.#byGroup.size > 0
  }

  /** A number for the next closing end. */
  number(): number {
    this.#last = this.#last === 0xffff_ffff ? 1 : this.#last + 1
    return this.#last
  }

  /** Remembers a closing end that has come. */
  add(closing: Closing): void {
    this.held++
    this.#byNumber.set(closing.number, closing)
    this.#activate(closing)
    this.#keeper?.keep(closing)
  }

  /** Takes up a closing end of the process before. */
  restore(closing: Closing, now: number): void {
    this.#last = Math.max(this.#last, closing.number)
    this.#byNumber.set(closing.number, closing)
    if (!closing.merged) this.held++
    if (closing.expiresMs > now) this.#activate(closing)
  }

  #activate(closing: Closing): void {
    let place = this.#queue.length
    while (place > 0 && (this.#queue[place - 1]?.expiresMs ?? 0) > closing.expiresMs) place--
    this.#queue.splice(place, 0, closing)
    const group = this.#byGroup.get(closing.key)
    if (group === undefined) this.#byGroup.set(closing.key, new Set([closing]))
    else group.add(closing)
  }

  get(number: number): Closing | undefined {
    return this.#byNumber.get(number)
  }

  /** Closing ends of the group that have not expired. */
  of(group: string): Iterable<Closing> {
    return this.#byGroup.get(group) ?? []
  }

  /** Lets go of what has expired; copies that keys hold are theirs. */
  expire(now: number): void {
    let count = 0
    for (const closing of this.#queue) {
      if (closing.expiresMs > now) break
      count++
      const group = this.#byGroup.get(closing.key)
      group?.delete(closing)
      if (group?.size === 0) this.#byGroup.delete(closing.key)
      if (closing.holders === 0) this.#forget(closing)
    }
    if (count > 0) this.#queue.splice(0, count)
  }

  /** A span that it ended is emitted. True the first time. */
  merge(closing: Closing): boolean {
    if (closing.merged) return false
    closing.merged = true
    this.held--
    this.#keeper?.keep(closing)
    return true
  }

  /** A key lets go of it. True when it ended nothing anywhere and never will. */
  leave(closing: Closing, now: number): boolean {
    if (--closing.holders > 0) return false
    if (closing.expiresMs <= now) this.#forget(closing)
    if (closing.merged) return false
    this.#byNumber.delete(closing.number)
    this.held--
    return true
  }

  #forget(closing: Closing): void {
    this.#byNumber.delete(closing.number)
    this.#keeper?.drop(closing)
  }
}
