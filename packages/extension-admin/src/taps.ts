import {
  type Clock,
  type CollectorView,
  type HttpAnswer,
  HttpFault,
  SpanloomError,
  type Tap,
} from '@spanloom/core'

import { lines } from './answers.ts'
import { tapLines } from './tap-lines.ts'
import { parseTapQuery } from './tap-query.ts'

/** How spans may be watched. */
export interface TapSettings {
  /** Whether they may be watched at all. */
  readonly enabled: boolean
  /** How many may watch at the same time. */
  readonly max_taps: number
  /** Spans of each tap that are shown in a second; 0 means all. */
  readonly max_spans_per_second: number
}

/** Whoever wants to watch what passes between components. */
export class Taps {
  readonly #collector: CollectorView
  readonly #clock: Clock
  readonly #settings: TapSettings
  readonly #open = new Set<Tap>()

  constructor(collector: CollectorView, clock: Clock, settings: TapSettings) {
    this.#collector = collector
    this.#clock = clock
    this.#settings = settings
  }

  /**
   * A stream of what passes, as the query asks for. `signal` aborts when the client has gone.
   *
   * @throws HttpFault 400, 403, 404 or 429
   */
  watch(query: URLSearchParams, signal: AbortSignal): HttpAnswer {
    const { enabled, max_taps: most, max_spans_per_second: rate } = this.#settings
    if (!enabled) {
      throw new HttpFault(
        403,
        'TAP_DISABLED',
        'Spans are not shown here: the server listens beyond this machine, or tap is switched off. Set tap.enabled of the admin extension to true to allow it.',
      )
    }
    const asked = parseTapQuery(query)
    if (this.#open.size >= most) {
      throw new HttpFault(429, 'TAPS_EXHAUSTED', `There are ${most} taps already; see tap.max_taps.`)
    }
    const tap = this.#tap(asked.target)
    this.#open.add(tap)
    const forget = (): void => {
      tap.close('left')
      this.#open.delete(tap)
    }
    if (signal.aborted) forget()
    signal.addEventListener('abort', forget, { once: true })
    const spansPerSecond = rate === 0 ? Infinity : rate
    return lines(withEnd(tapLines(tap, asked, { clock: this.#clock, spansPerSecond }), forget))
  }

  /** Ends all of them with a last word. */
  close(): void {
    for (const tap of this.#open) tap.close('server')
  }

  #tap(target: Parameters<CollectorView['tap']>[0]): Tap {
    try {
      return this.#collector.tap(target)
    } catch (error) {
      if (!(error instanceof SpanloomError)) throw error
      const hint = error.hint === undefined ? '' : ` ${error.hint}`
      throw new HttpFault(404, error.code, `${error.message}.${hint}`)
    }
  }
}

async function* withEnd<T>(pieces: AsyncIterable<T>, atEnd: () => void): AsyncGenerator<T, void, undefined> {
  try {
    yield* pieces
  } finally {
    atEnd()
  }
}
