import { createHash } from 'node:crypto'

import type { Clock } from '@spanloom/core'

/** What became of an event that was offered. */
export type Outcome<T> = { readonly kind: 'new'; readonly result: T } | { readonly kind: 'duplicate' }

/**
 * Uuids of the events that were accepted last (`orchest.md` 3.2). It only spares work: what it has forgotten, the
 * assembler recognises.
 */
export class RecentEvents {
  readonly #max: number
  readonly #windowMs: number
  readonly #clock: Clock
  readonly #acceptedAt = new Map<string, number>()
  readonly #inFlight = new Map<string, Promise<unknown>>()

  constructor(max: number, windowMs: number, clock: Clock) {
    this.#max = max
    this.#windowMs = windowMs
    this.#clock = clock
  }

  /**
   * Does `work` unless an event of this uuid was accepted before. While the same event is being worked on, waits for
   * what becomes of that, and tries itself when it failed.
   */
  async once<T>(uuid: string, work: () => Promise<T>): Promise<Outcome<T>> {
    const key = keyOf(uuid)
    for (;;) {
      if (this.#wasAccepted(key)) return { kind: 'duplicate' }
      const other = this.#inFlight.get(key)
      if (other === undefined) break
      await other.catch(() => undefined)
    }
    const working = work()
    this.#inFlight.set(key, working)
    try {
      const result = await working
      this.#accepted(key)
      return { kind: 'new', result }
    } finally {
      this.#inFlight.delete(key)
    }
  }

  #wasAccepted(key: string): boolean {
    const at = this.#acceptedAt.get(key)
    if (at === undefined) return false
    if (this.#clock.monotonic() - at < this.#windowMs) return true
    this.#acceptedAt.delete(key)
    return false
  }

  #accepted(key: string): void {
    if (this.#max === 0) return
    this.#acceptedAt.set(key, this.#clock.monotonic())
    if (this.#acceptedAt.size <= this.#max) return
    const [oldest] = this.#acceptedAt.keys()
    if (oldest !== undefined) this.#acceptedAt.delete(oldest)
  }
}

/** What a sender calls a uuid may be of any length; that much is not to be remembered of it. */
const keyOf = (uuid: string): string =>
  uuid.length <= 64 ? uuid : `sha256:${createHash('sha256').update(uuid).digest('base64')}`
