import type { Counter, Histogram, Meter } from '@opentelemetry/api'

/** How much the collector measures of itself. */
export type MetricsLevel = 'none' | 'basic' | 'normal' | 'detailed'

/** The metrics that the edges of the pipeline write (section 12.2). */
export interface PipelineInstruments {
  readonly receiverAccepted: Counter
  readonly receiverRefused: Counter
  readonly receiverFailed: Counter
  readonly receiverRequests: Counter
  readonly processorIncoming: Counter
  readonly processorOutgoing: Counter
  /** Present at level `detailed` only, because measuring it costs something. */
  readonly processorDuration: Histogram | undefined
}

/** Makes the instruments once for all components. */
export function pipelineInstruments(meter: Meter, level: MetricsLevel): PipelineInstruments {
  const spans = (name: string, description: string): Counter =>
    meter.createCounter(name, { description, unit: '{span}' })
  const items = (name: string, description: string): Counter =>
    meter.createCounter(name, { description, unit: '{item}' })
  return {
    receiverAccepted: spans('otelcol_receiver_accepted_spans', 'Spans that the pipeline took.'),
    receiverRefused: spans('otelcol_receiver_refused_spans', 'Spans that the pipeline refused.'),
    receiverFailed: spans('otelcol_receiver_failed_spans', 'Spans lost to a failure inside the receiver.'),
    receiverRequests: meter.createCounter('otelcol_receiver_requests', {
      description: 'Requests by outcome.',
      unit: '{request}',
    }),
    processorIncoming: items('otelcol_processor_incoming_items', 'Items passed to the processor.'),
    processorOutgoing: items('otelcol_processor_outgoing_items', 'Items passed on by the processor.'),
    processorDuration:
      level === 'detailed'
        ? meter.createHistogram('otelcol_processor_internal_duration', {
            description: 'Time spent in the processor itself, without what comes after it.',
            unit: 's',
            advice: { explicitBucketBoundaries: [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
          })
        : undefined,
  }
}
