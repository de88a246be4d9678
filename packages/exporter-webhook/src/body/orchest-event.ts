import type { Span } from '@spanloom/core'

import { orchestTimeText } from './times.ts'
import { uuidText } from './uuid-text.ts'

/** Who a delivery is for, as Orchest tells it. */
export interface DeliveredFor {
  readonly name: string
  readonly uuid: string
  readonly verifySsl: boolean
}

/**
 * The body of a delivery in Orchest's own form (`orchest.md` 2.7), rebuilt of the attributes that its receiver makes:
 * what was not kept cannot come back. A span of another source has type, uuid and timestamp alone.
 */
export function orchestBody(span: Span, eventType: string, { name, uuid, verifySsl }: DeliveredFor): unknown {
  return {
    delivered_for: { name, verify_ssl: verifySsl, content_type: 'application/json', uuid, type: 'webhook' },
    event: {
      type: eventType,
      uuid: textOf(span, 'orchest.event.uuid') ?? uuidOf(span),
      timestamp: orchestTimeText(span.endTimeUnixNano || span.startTimeUnixNano),
      ...(span.attribute('orchest.project.uuid') === undefined ? {} : { project: project(span) }),
    },
  }
}

function project(span: Span): unknown {
  const fact = (key: string): unknown => factOf(span, key)
  const run = {
    uuid: fact('orchest.pipeline_run.uuid'),
    status: fact('orchest.pipeline_run.status'),
    number: fact('orchest.pipeline_run.number'),
    number_in_run: fact('orchest.pipeline_run.number_in_run'),
    url_path: fact('orchest.url_path'),
  }
  const hasRun = run.uuid !== undefined
  const cronRun = {
    status: fact('orchest.cron_run.status'),
    number: fact('orchest.cron_run.number'),
    total_pipeline_runs: fact('orchest.cron_run.total_pipeline_runs'),
    ...(hasRun ? { pipeline_run: run } : {}),
  }
  const job = {
    uuid: fact('orchest.job.uuid'),
    name: fact('orchest.job.name'),
    status: fact('orchest.job.status'),
    pipeline_name: fact('orchest.pipeline.name'),
    total_runs: fact('orchest.job.total_runs'),
    ...(cronRun.number === undefined ? (hasRun ? { pipeline_run: run } : {}) : { run: cronRun }),
  }
  const environment = { uuid: fact('orchest.environment.uuid') }
  return {
    uuid: fact('orchest.project.uuid'),
    name: fact('orchest.project.name'),
    ...(job.uuid === undefined ? {} : { job }),
    ...(environment.uuid === undefined ? {} : { environment }),
  }
}

function factOf(span: Span, key: string): string | number | undefined {
  const value = span.attribute(key)
  return typeof value === 'string' || typeof value === 'number' ? value : undefined
}

function textOf(span: Span, key: string): string | undefined {
  const value = span.attribute(key)
  return typeof value === 'string' ? value : undefined
}

/** A uuid for a span that has none of its own: its ids in that form. */
function uuidOf({ traceId, spanId }: Span): string {
  const digits = `${traceId.slice(0, 16)}${spanId}`
  return uuidText(digits)
}
