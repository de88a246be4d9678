import { hash } from 'node:crypto'

import { type Clock, sleep, type Traces } from '@spanloom/core'

import { movedTraces, timeOf } from './recorded-times.ts'

/** How the times of recorded spans are moved: not at all, so that the recording begins now or then, or by so much. */
export type Shift = 'none' | 'now' | { readonly toUnixNano: bigint } | { readonly byNanos: bigint }

/** How a recording comes back. */
export interface ReplaySettings {
  /** 1 is the pace of the recording, 10 ten times faster; 0 as fast as it is taken. */
  readonly speed: number
  readonly shift: Shift
}

/** Plays what was recorded back at the times at which it happened: one recording, any number of times. */
export class Replay {
  readonly #settings: ReplaySettings
  readonly #clock: Clock
  #pass = 0
  /** When this pass began to happen, and to be played. */
  #first: { readonly recorded: bigint; readonly playedAt: number; readonly shift: bigint } | undefined

  constructor(settings: ReplaySettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Begins the recording again; every pass has trace ids of its own. */
  restart(): void {
    this.#pass += 1
    this.#first = undefined
  }

  /** By how many nanoseconds the times of this pass are moved; `undefined` before its first batch. */
  get shift(): bigint | undefined {
    return this.#first?.shift
  }

  /** How many milliseconds are left until what happened at `recorded` is due; 0 when it is, or tells no time. */
  waitMs(recorded: bigint): number {
    if (recorded === 0n) return 0
    this.#first ??= { recorded, playedAt: this.#clock.monotonic(), shift: this.#shiftFrom(recorded) }
    const { speed } = this.#settings
    const dueMs = speed === 0 ? 0 : Number(recorded - this.#first.recorded) / 1e6 / speed
    return Math.max(0, this.#first.playedAt + dueMs - this.#clock.monotonic())
  }

  /** Waits until the batch is due and gives it as it is to be played. Rejects when the signal aborts. */
  async next(traces: Traces, signal: AbortSignal): Promise<Traces> {
    const waitMs = this.waitMs(timeOf(traces))
    if (waitMs > 0) await sleep(this.#clock, waitMs, signal)
    const shift = this.#first?.shift ?? 0n
    if (shift === 0n && this.#pass === 0) return traces
    return movedTraces(traces, { shift, retrace: retraceFor(this.#pass) })
  }

  #shiftFrom(recorded: bigint): bigint {
    const { shift } = this.#settings
    if (shift === 'none') return 0n
    if (shift === 'now') return BigInt(this.#clock.now()) * 1_000_000n - recorded
    return 'byNanos' in shift ? shift.byNanos : shift.toUnixNano - recorded
  }
}

/** Each pass after the first has traces of its own: two runs in one trace would be a riddle. */
function retraceFor(pass: number): (traceId: string) => string {
  return pass === 0
    ? (traceId) => traceId
    : (traceId) => hash('sha256', `${traceId}#${pass}`, 'hex').slice(0, 32)
}
