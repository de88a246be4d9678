import { type Clock, type Tap, type TapEnd, toOtlpJson, watchTap } from '@spanloom/core'

import type { TapQuery } from './tap-query.ts'

const ends: Readonly<Record<TapEnd, string>> = {
  limit: 'the limit is reached',
  time: 'the time is over',
  left: 'nobody watches any more',
  gone: 'a reload took away what was watched',
  server: 'the admin server was exchanged or stopped by a reload',
  shutdown: 'the collector is stopping',
}

/**
 * A tap as lines of JSON: first `{"tap":…}`, then OTLP as the `file` exporter writes it and `{"missed":…}` in between,
 * last `{"end":…}`. A blank line says after a while that nothing has passed but the connection lives.
 */
export async function* tapLines(
  tap: Tap,
  { target, filter, limit, forMs }: TapQuery,
  { clock, spansPerSecond }: { readonly clock: Clock; readonly spansPerSecond: number },
): AsyncGenerator<string, void, undefined> {
  yield line({ tap: target })
  const events = watchTap(tap, {
    clock,
    filter,
    spansPerSecond,
    ...(limit !== undefined && { limit }),
    ...(forMs !== undefined && { forMs }),
  })
  for await (const event of events) {
    if (event.kind === 'traces') yield `${toOtlpJson(event.traces)}\n`
    else if (event.kind === 'missed') yield line({ missed: { spans: event.spans, why: event.why } })
    else yield '\n'
  }
  const reason = tap.end ?? 'left'
  yield line({ end: { reason, message: ends[reason] } })
}

const line = (value: object): string => `${JSON.stringify(value)}\n`
