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
    for (;;) {
      if (this.#wasAccepted(uuid)) return { kind: 'duplicate' }
      const other = this.#inFlight.get(uuid)
      if (other === undefined) break
      await other.catch(() => undefined)
    }
    const working = work()
    this.#inFlight.set(uuid, working)
    try {
      const result = await working
      this.#accepted(uuid)
      return { kind: 'new', result }
    } finally {
      this.#inFlight.delete(uuid)
    }
  }

  #wasAccepted(uuid: string): boolean {
    const at = this.#acceptedAt.get(uuid)
    if (at === undefined) return false
    if (this.#clock.monotonic() - at < this.#windowMs) return true
    this.#acceptedAt.delete(uuid)
    return false
  }

  #accepted(uuid: string): void {
    if (this.#max === 0) return
    this.#acceptedAt.set(uuid, this.#clock.monotonic())
    if (this.#acceptedAt.size <= this.#max) return
    const [oldest] = this.#acceptedAt.keys()
    if (oldest !== undefined) this.#acceptedAt.delete(oldest)
  }
}
