import { ThrottleError, type ComponentTelemetry, type SpanloomError } from '@spanloom/core'

type Meter = ComponentTelemetry['meter']

/** What a producer tells about itself (`eventhubs.md` section 13.5). */
export interface ProducerMetrics {
  /** A batch was stored. */
  sent(events: number, bytes: number, durationMs: number): void
  /** A batch was not stored. */
  failed(error: SpanloomError): void
  /** A connection was made in place of one that was lost. */
  readonly reconnected: () => void
  /** Registers how many batches wait for their outcome. */
  inFlight(read: () => number): void
}

/** Makes the instruments; `hub` becomes the attribute `messaging.destination.name`. */
export function producerMetrics(meter: Meter, hub: string): ProducerMetrics {
  const where = { 'messaging.destination.name': hub }
  const counter = (name: string, description: string, unit: string): ReturnType<Meter['createCounter']> =>
    meter.createCounter(`otelcol_eventhub_${name}`, { description, unit })
  const events = counter('sent_events', 'Events that the hub stored.', '{event}')
  const bytes = counter('sent_bytes', 'Size of the batches that the hub stored.', 'By')
  const failures = counter('send_failures', 'Batches that the hub did not store, by reason.', '{batch}')
  const throttles = counter('throttles', 'Batches that the hub refused because it was busy.', '{batch}')
  const reconnects = counter('reconnects', 'Connections made in place of lost ones.', '{connection}')
  const fill = meter.createHistogram('otelcol_eventhub_batch_events', {
    description: 'Events in a batch that was sent.',
    unit: '{event}',
    advice: { explicitBucketBoundaries: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000] },
  })
  const duration = meter.createHistogram('otelcol_eventhub_send_duration', {
    description: 'Time until the hub had stored a batch.',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] },
  })
  const inFlight = meter.createObservableGauge('otelcol_eventhub_in_flight', {
    description: 'Batches that wait for their outcome.',
    unit: '{batch}',
  })
  return {
    sent(count, size, durationMs) {
      events.add(count, where)
      bytes.add(size, where)
      fill.record(count, where)
      duration.record(durationMs / 1000, where)
    },
    failed(error) {
      failures.add(1, { ...where, 'error.type': error.code })
      if (error instanceof ThrottleError) throttles.add(1, where)
    },
    reconnected: () => reconnects.add(1, where),
    inFlight: (read) => inFlight.addCallback((result) => result.observe(read(), where)),
  }
}
