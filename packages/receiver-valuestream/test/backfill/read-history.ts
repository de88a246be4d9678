import type { Span, SpanInit, Traces } from '@spanloom/core'
import { fakeClock } from '@spanloom/core/testing'

import {
  type BackfillProgress,
  type Delivery,
  type History,
  type Position,
  type Range,
  RestClient,
  runBackfill,
} from '../../src/backfill/index.ts'
import { createTranslations, defaultTranslationOptions } from '../../src/translate.ts'
import type { ApiServer } from './api-server.ts'

/** The first week of March 2026. */
export const march: Range = { sinceMs: Date.UTC(2026, 2, 2), untilMs: Date.UTC(2026, 2, 9) }

const translations = createTranslations(defaultTranslationOptions)

export const translate = ({ source, event }: Delivery): ReturnType<(typeof translations)['github']> =>
  translations[source](event, { arrivalTime: 0n })

/** What webhooks would have become, as ids and times. */
export const liveSpans = (...deliveries: readonly Delivery[]): readonly string[] =>
  deliveries.flatMap((delivery) => translate(delivery).fragments.map(inShort))

/** A fragment as operation, ids and times. */
export function inShort(fragment: SpanInit | Span): string {
  const span = 'startTimeUnixNano' in fragment
  const [start, end] = span
    ? [fragment.startTimeUnixNano, fragment.endTimeUnixNano]
    : [fragment.startTime ?? 0n, fragment.endTime ?? 0n]
  const operation = span
    ? fragment.attribute('vs.operation.name')
    : fragment.attributes?.['vs.operation.name']
  return [
    typeof operation === 'string' ? operation : '',
    fragment.name,
    fragment.traceId,
    fragment.spanId,
    String(start),
    String(end),
  ].join(' ')
}

/** What a back-fill gave. */
export interface Reading {
  readonly spans: readonly Span[]
  readonly positions: readonly Position[]
  readonly progress: BackfillProgress
}

/** Reads everything of an API in this process. */
export async function readHistory(
  api: ApiServer,
  historyOf: (client: RestClient) => History,
  { from, stopAfter = Infinity }: { readonly from?: Position; readonly stopAfter?: number } = {},
): Promise<Reading> {
  const clock = fakeClock()
  const stop = new AbortController()
  const client = new RestClient({
    apiUrl: api.url,
    headers: {},
    clock,
    signal: stop.signal,
    random: () => 1,
    onWait: (ms) => void setImmediate(() => void clock.advance(ms)),
  })
  const taken: Traces[] = []
  const positions: Position[] = []
  let progress: BackfillProgress | undefined
  try {
    progress = await runBackfill({
      history: historyOf(client),
      translate,
      take: (traces) => Promise.resolve(void taken.push(traces)),
      ...(from === undefined ? {} : { from }),
      reached(position, now) {
        positions.push(position)
        progress = now
        if (positions.length >= stopAfter) stop.abort(new Error('Interrupted.'))
      },
      signal: stop.signal,
    })
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    await client.close()
  }
  if (progress === undefined) throw new Error('Nothing was read.')
  return { spans: taken.flatMap((traces) => [...traces.spans()]), positions, progress }
}
