/** How long to wait between connections; times in milliseconds. */
export interface ReconnectSettings {
  /** Never sooner: the other side asks for it. */
  readonly minMs: number
  readonly maxMs: number
  /** Adds up to this share at random. */
  readonly jitter: number
}

/** Why a connection ended or did not come about. */
export interface ConnectionLoss {
  /** Short word for metrics. */
  readonly reason: string
  /** The other side refuses us as we are: no use in hurrying. */
  readonly refused?: boolean
  readonly error?: Error
  /** What the other side asked for. */
  readonly retryAfterMs?: number
}

const firstMs = 1_000
const longestWishMs = 3_600_000

/** Waits longer after each failure in a row, never shorter than the other side wants (`websocket.md` section 8). */
export class Backoff {
  readonly #settings: ReconnectSettings
  readonly #random: () => number
  #failures = 0

  /** `random` gives 0 to 1. */
  constructor(settings: ReconnectSettings, random: () => number) {
    this.#settings = settings
    this.#random = random
  }

  /** The connection has been stable. */
  reset(): void {
    this.#failures = 0
  }

  /** Milliseconds until the next attempt. */
  next({ refused = false, retryAfterMs = 0 }: ConnectionLoss): number {
    const { minMs, maxMs, jitter } = this.#settings
    const grown = refused ? maxMs : Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 30))
    this.#failures++
    const base = Math.max(minMs, grown, Math.min(retryAfterMs, longestWishMs))
    return base * (1 + jitter * this.#random())
  }
}

/** Milliseconds of a `Retry-After` header, seconds or a date; `undefined` when there is none. */
export function retryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}
