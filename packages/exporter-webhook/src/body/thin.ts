import type { Span } from '@spanloom/core'

import { timeText } from './times.ts'

/** Attributes that identify what a span is about, by their short names. */
const identities = {
  event_id: 'orchest.event.uuid',
  outcome: 'orchest.outcome',
  project_uuid: 'orchest.project.uuid',
  job_uuid: 'orchest.job.uuid',
  pipeline_run_uuid: 'orchest.pipeline_run.uuid',
} as const

/** Longest name or message in a notification that was cut. */
const cutLength = 200

/** Ids, name, status, outcome and times of a span: enough to look it up, and nothing that somebody typed in. */
export function thinData(span: Span, cut = false): Readonly<Record<string, unknown>> {
  const { traceId, spanId, parentSpanId, status, startTimeUnixNano: start, endTimeUnixNano: end } = span
  const text = (value: string): string => (cut ? value.slice(0, cutLength) : value)
  const data: Record<string, unknown> = {
    trace_id: traceId,
    span_id: spanId,
    ...(parentSpanId === '' ? {} : { parent_span_id: parentSpanId }),
    name: text(span.name),
    status: status.code.toLowerCase(),
    ...(status.message === '' ? {} : { status_message: text(status.message) }),
    ...(start === 0n ? {} : { start_time: timeText(start) }),
    ...(end === 0n ? {} : { end_time: timeText(end) }),
    ...(start === 0n || end === 0n ? {} : { duration_ms: Number(end - start) / 1e6 }),
  }
  for (const [name, key] of Object.entries(identities)) {
    const value = span.attribute(key)
    if (typeof value === 'string') data[name] = text(value)
  }
  return cut ? { ...data, truncated: true } : data
}
