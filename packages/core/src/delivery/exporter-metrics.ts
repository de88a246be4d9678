import type { Attributes, Histogram } from '@opentelemetry/api'

import { isPermanent } from '../errors/errors.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import type { Traces } from '../traces/traces.ts'
import { errorType } from './error-type.ts'

/** What an exporter tells of itself (12.2). */
export interface ExporterMetrics {
  /** The destination took `spans`. */
  sent(spans: number): void
  /** `spans` were finally not delivered. */
  sendFailed(spans: number, error: unknown): void
  /** `spans` were refused by the destination inside a successful answer (OTE-09). */
  rejected(spans: number): void
  /** `spans` were refused by the queue. */
  enqueueFailed(spans: number): void
  /** A request began (1) or ended (-1), waits between attempts included. */
  inFlight(change: 1 | -1): void
  /** The queue took a request; recorded at level `detailed`. */
  enqueued(traces: Traces): void
  /** The batcher made a request; recorded at level `detailed`. */
  batchSent(traces: Traces): void
  /** Shows a queue until the returned function is called. */
  observeQueue(queue: { readonly size: number; readonly capacity: number }): () => void
}

/** Makes the instruments of one exporter; its counters begin with 0 (TEL-11). */
export function exporterMetrics(
  id: string,
  { meter, metricsLevel, accounting }: ComponentTelemetry,
  destination: Attributes = {},
): ExporterMetrics {
  const detailed = metricsLevel === 'detailed'
  const own = { exporter: id }
  const typed = { ...own, data_type: 'traces' }
  const outgoing = { ...own, ...destination }
  const counter = (name: string, description: string, attributes: Attributes) => {
    const made = meter.createCounter(name, { description, unit: '{span}' })
    made.add(0, attributes)
    return made
  }
  const sent = counter('otelcol_exporter_sent_spans', 'Spans that the destination took.', outgoing)
  const failed = counter(
    'otelcol_exporter_send_failed_spans',
    'Spans that were finally not delivered.',
    outgoing,
  )
  const refused = counter('otelcol_exporter_enqueue_failed_spans', 'Spans that the queue refused.', own)
  const inFlight = meter.createUpDownCounter('otelcol_exporter_in_flight_requests', {
    description: 'Requests that are being sent, waits between attempts included.',
    unit: '{request}',
  })
  inFlight.add(0, typed)
  // From now on the host waits to hear what was sent, also while nothing could be sent yet.
  accounting.sent?.(0)

  const sizes = (name: string, what: string): ((traces: Traces) => void) => {
    if (!detailed) return () => undefined
    const items: Histogram = meter.createHistogram(name, { description: `Spans ${what}.`, unit: '{span}' })
    const bytes: Histogram = meter.createHistogram(`${name}_bytes`, {
      description: `Bytes ${what}.`,
      unit: 'By',
    })
    return (traces) => {
      items.record(traces.spanCount, own)
      bytes.record(traces.byteLength, own)
    }
  }

  return {
    sent(spans) {
      sent.add(spans, outgoing)
      accounting.sent?.(spans)
    },
    sendFailed(spans, error) {
      const facts = detailed ? { 'error.type': errorType(error), 'error.permanent': isPermanent(error) } : {}
      failed.add(spans, { ...outgoing, ...facts })
    },
    rejected: (spans) => failed.add(spans, { ...outgoing, 'error.type': 'partial_success' }),
    enqueueFailed: (spans) => refused.add(spans, own),
    inFlight: (change) => inFlight.add(change, typed),
    enqueued: sizes('otelcol_exporter_enqueue_size', 'in a request at the queue'),
    batchSent: sizes('otelcol_exporter_queue_batch_send_size', 'in a request after batching'),
    observeQueue(queue) {
      const size = meter.createObservableGauge('otelcol_exporter_queue_size', {
        description: 'What the sending queue holds, in units of its sizer.',
      })
      const capacity = meter.createObservableGauge('otelcol_exporter_queue_capacity', {
        description: 'What the sending queue can hold, in units of its sizer.',
      })
      const readSize = (result: { observe(value: number, attributes: Attributes): void }): void =>
        result.observe(queue.size, typed)
      const readCapacity = (result: { observe(value: number, attributes: Attributes): void }): void =>
        result.observe(queue.capacity, typed)
      size.addCallback(readSize)
      capacity.addCallback(readCapacity)
      return () => {
        size.removeCallback(readSize)
        capacity.removeCallback(readCapacity)
      }
    },
  }
}
