import { createRequire } from 'node:module'

import type * as OpenTelemetry from '@opentelemetry/api'
import type { Attributes, Span, SpanContext } from '@opentelemetry/api'

import type { Command } from './command.ts'
import type { CommandContext } from './context.ts'
import type { CommandTracer } from './tracer.ts'

type OpenTelemetryApi = typeof OpenTelemetry

/**
 * Commands as spans of `@opentelemetry/api`, or `undefined` where that package is not installed. It is found at run
 * time, because it is optional; its registry is shared by all copies in a process.
 */
export function findOpenTelemetry(): CommandTracer | undefined {
  try {
    return openTelemetryTracer(createRequire(import.meta.url)('@opentelemetry/api') as OpenTelemetryApi)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/**
 * A command's span is a child of the received span id. Where that is none, the kit's own span id stands in as a remote
 * parent: the API can hand a trace id to a tracer only as part of a parent.
 */
export function openTelemetryTracer({
  context: contexts,
  trace,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
}: OpenTelemetryApi): CommandTracer {
  return {
    begin(command, context) {
      const parent: SpanContext = {
        traceId: context.otelTraceId,
        spanId: context.otelParentSpanId ?? context.spanId,
        traceFlags: TraceFlags.SAMPLED,
        isRemote: true,
      }
      const span = trace
        .getTracer('@spanloom/websocket-kit')
        .startSpan(
          `process ${command.operation}`,
          { kind: SpanKind.CONSUMER, attributes: attributesOf(command, context) },
          trace.setSpanContext(contexts.active(), parent),
        )
      const own = ownSpan(span, parent, context)
      const { spanId, traceFlags } = own.spanContext()
      const active = trace.setSpan(contexts.active(), own)
      return {
        context: { ...context, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 },
        run: (work) => contexts.with(active, work),
        end(error) {
          if (error !== undefined) {
            span.setAttribute('error.type', nameOf(error.cause))
            span.setStatus({ code: SpanStatusCode.ERROR, message: nameOf(error.cause) })
          }
          span.end()
        },
      }
    },
    activeSpan(otelTraceId) {
      const active = trace.getActiveSpan()?.spanContext()
      if (active?.traceId !== otelTraceId) return undefined
      return { spanId: active.spanId, sampled: (active.traceFlags & TraceFlags.SAMPLED) !== 0 }
    },
  }

  /** Without an SDK the API hands the parent back; the command's own id is then put in its place. */
  function ownSpan(span: Span, parent: SpanContext, { spanId }: CommandContext): Span {
    const started = span.spanContext()
    if (started.spanId !== parent.spanId) return span
    return trace.wrapSpanContext({ ...parent, spanId })
  }
}

function attributesOf(
  { operation, rID, spanId }: Command,
  { traceId, derivation }: CommandContext,
): Attributes {
  return {
    'messaging.system': 'websocket',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'spanloom.operation': operation,
    'spanloom.trace_id.derivation': derivation,
    ...(rID === undefined ? {} : { 'messaging.message.conversation_id': rID }),
    ...(traceId === undefined ? {} : { 'spanloom.trace_id': traceId }),
    ...(spanId === undefined ? {} : { 'spanloom.span_id': spanId }),
  }
}

/** A class of errors, never their text, which may hold personal data. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
