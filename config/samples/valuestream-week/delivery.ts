/** One webhook as its receiver gets it; `at` is when it was sent, unix milliseconds, and only orders the file. */
export interface Delivery {
  readonly at: number
  readonly source: 'github' | 'jenkins' | 'jiracloud'
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
}

/** Numbers from 0 up to 1 that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Chance and ids of one generated week. */
export class Dice {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = seeded(seed)
  }

  /** A whole number from `low` to `high`. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1))
  }

  /** So many hex digits. */
  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.between(0, 15).toString(16)).join('')
  }

  /** An id of a delivery. */
  guid(): string {
    return [8, 4, 4, 4, 12].map((digits) => this.hex(digits)).join('-')
  }
}

export const second = 1_000
export const minute = 60 * second
const days = ['mon', 'tue', 'wed', 'thu', 'fri']
/** Monday 2026-03-02, 00:00 UTC. */
const monday = Date.UTC(2026, 2, 2)

/** A time of the week, such as `tue 10:15`. */
export function time(text: string): number {
  const [day = '', clock = ''] = text.split(' ')
  const [hour = 0, minutes = 0] = clock.split(':').map(Number)
  return monday + (days.indexOf(day) * 24 * 60 + hour * 60 + minutes) * minute
}

/** Without milliseconds, as GitHub writes it. */
export const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
