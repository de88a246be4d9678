import { ROOT_CONTEXT, SpanStatusCode, trace, type Attributes, type Tracer } from '@opentelemetry/api'

import type { ConsumeContext, TracesConsumer } from '../component/consumer.ts'
import { messageOf } from '../errors/errors.ts'

/** The span that a call into a stage leaves in the collector's own traces (12.4). */
export interface StageSpan {
  readonly name: string
  /** Attributes before the call. */
  begin(spans: number, context: ConsumeContext): Attributes
  /** Attributes after it. */
  end(spans: number, failed: boolean): Attributes
}

/** Around a receiver's hand-over. */
export const receiverSpan = (id: string): StageSpan => ({
  name: `receiver/${id}/TraceDataReceived`,
  begin: (_, { transport }) => (transport === undefined ? {} : { transport }),
  end: (spans, failed) => ({ accepted_spans: failed ? 0 : spans, refused_spans: failed ? spans : 0 }),
})

/** Around a processor and all that follows it. */
export const processorSpan = (id: string): StageSpan => ({
  name: `processor/${id}/traces`,
  begin: (spans) => ({ 'items.incoming': spans }),
  end: () => ({}),
})

/** Around an exporter; where it has a queue, around putting the data in. */
export const exporterSpan = (id: string): StageSpan => ({
  name: `exporter/${id}/traces`,
  begin: () => ({}),
  end: (spans, failed) => ({ 'items.sent': failed ? 0 : spans, 'items.failed': failed ? spans : 0 }),
})

/** Records every call into `stage` as a span, child of the one that `ConsumeContext.trace` names. */
export function traced(stage: TracesConsumer, span: StageSpan, tracer: Tracer): TracesConsumer {
  return {
    async consumeTraces(traces, context) {
      const spans = traces.spanCount
      const parent = context.trace ?? ROOT_CONTEXT
      const own = tracer.startSpan(span.name, { attributes: span.begin(spans, context) }, parent)
      try {
        await stage.consumeTraces(traces, { ...context, trace: trace.setSpan(parent, own) })
        own.setAttributes(span.end(spans, false))
      } catch (error) {
        own.setAttributes(span.end(spans, true))
        own.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) })
        throw error
      } finally {
        own.end()
      }
    },
  }
}
