import type { Clock } from '../clock/clock.ts'
import type { Traces } from '../traces/traces.ts'
import type { Watcher } from './boundary.ts'
import { withoutLargeBlocks } from './kept-bytes.ts'

/**
 * Why a tap ended: its `limit` or `time` was reached, who watched has `left`, its boundary is `gone` with a reload, the
 * `server` that offered it was restarted or taken away, or the collector stops (`shutdown`).
 */
export type TapEnd = 'limit' | 'time' | 'left' | 'gone' | 'server' | 'shutdown'

/** A batch that passed, and how many spans passed before it and were not kept. */
export interface Passed {
  readonly traces: Traces | undefined
  readonly missed: number
}

/** Waits at most so long for who watches. */
const mostBatches = 256
const mostBytes = 4_194_304

/** What passes a boundary, kept for who watches, who may be slow: what finds no room is counted and let go. */
export class Tap implements Watcher {
  readonly #onEnd: (tap: Tap) => void
  #waiting: { readonly traces: Traces; readonly missed: number }[] = []
  #bytes = 0
  #missed = 0
  #end: TapEnd | undefined
  #arrived: PromiseWithResolvers<void> | undefined

  /** `onEnd` is called once, when the tap ends. */
  constructor(onEnd: (tap: Tap) => void) {
    this.#onEnd = onEnd
  }

  /** Why it ended; `undefined` while it goes on. */
  get end(): TapEnd | undefined {
    return this.#end
  }

  see(traces: Traces): void {
    if (this.#end !== undefined || traces.spanCount === 0) return
    const { length } = this.#waiting
    // One batch may always wait, however large it is.
    if (length >= mostBatches || (length > 0 && this.#bytes + traces.byteLength > mostBytes)) {
      this.#missed += traces.spanCount
      return
    }
    this.#waiting.push({ traces: withoutLargeBlocks(traces), missed: this.#missed })
    this.#bytes += traces.byteLength
    this.#missed = 0
    this.#arrived?.resolve()
  }

  /** The next thing that passed; `undefined` when everything was taken. After the end, too. */
  take(): Passed | undefined {
    const passed: Passed | undefined = this.#waiting.shift()
    if (passed !== undefined) {
      this.#bytes -= passed.traces?.byteLength ?? 0
      return passed
    }
    if (this.#missed === 0) return undefined
    const missed = this.#missed
    this.#missed = 0
    return { traces: undefined, missed }
  }

  /** Resolves when there is something to take or the tap has ended, or after `patienceMs`. */
  async ready(clock: Clock, patienceMs: number): Promise<void> {
    if (this.#waiting.length > 0 || this.#missed > 0 || this.#end !== undefined) return
    const arrived = Promise.withResolvers<void>()
    this.#arrived = arrived
    const timer = clock.schedule(patienceMs, arrived.resolve)
    await arrived.promise
    timer.cancel()
    this.#arrived = undefined
  }

  /** Ends the tap; only the first reason counts. What waits can still be taken. */
  close(end: TapEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#onEnd(this)
    this.#arrived?.resolve()
  }
}
