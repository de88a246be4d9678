import type { Clock } from '../clock/clock.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import { LogThrottle } from './log-throttle.ts'

/** At most one line a minute about a disk that does not take or give what it should (EXP-46). */
const logIntervalMs = 60_000

/** What an exporter with storage tells of its store. */
export interface StoredTelemetry {
  /** Entries of an earlier run were found. */
  recovered(requests: number, spans: number): void
  /** A request was refused because it could not be stored. */
  notStored(spans: number, error: unknown): void
  /** The store did not do something else. */
  fault(error: unknown): void
  /** An entry that cannot be read was dropped (EXP-43). */
  unreadable(id: number, spans: number): void
  /** Dead letters were removed because of their number or age. */
  removed(requests: number): void
  /** Shows how many dead letters there are until the returned function is called. */
  observeDeadLetters(read: () => number): () => void
}

/** Makes the instruments; counters begin with 0 (TEL-11). */
export function storedTelemetry(
  id: string,
  { logger, meter, accounting }: ComponentTelemetry,
  clock: Clock,
): StoredTelemetry {
  const attributes = { exporter: id, data_type: 'traces' }
  const own = { exporter: id }
  const recovered = meter.createCounter('otelcol_exporter_recovered_spans', {
    description: 'Spans of an earlier run that were found in storage.',
    unit: '{span}',
  })
  const removed = meter.createCounter('otelcol_exporter_dead_letters_removed', {
    description: 'Dead letters that were removed because of their number or age.',
    unit: '{request}',
  })
  recovered.add(0, own)
  removed.add(0, own)
  const refusals = new LogThrottle(clock, logIntervalMs)
  const faults = new LogThrottle(clock, logIntervalMs)

  return {
    recovered(requests, spans) {
      recovered.add(spans, own)
      accounting.created(spans)
      if (requests > 0) logger.info('Stored requests were found and will be sent.', { requests, spans })
    },
    notStored(spans, error) {
      refusals.run(spans, (suppressed) =>
        logger.error('The request cannot be stored. Rejecting data.', {
          error,
          rejected_items: spans,
          ...suppressed,
        }),
      )
    },
    fault(error) {
      faults.run(0, (suppressed) =>
        logger.error('The stored queue cannot be read or changed.', { error, ...suppressed }),
      )
    },
    unreadable(entry, spans) {
      accounting.dropped(spans, 'unreadable')
      logger.warn('A stored request cannot be read. Dropping data.', { id: entry, dropped_items: spans })
    },
    removed(requests) {
      removed.add(requests, own)
      logger.warn('Dead letters were removed to keep their limits.', { requests })
    },
    observeDeadLetters(read) {
      const gauge = meter.createObservableGauge('otelcol_exporter_dead_letters', {
        description: 'Requests that were given up and are kept.',
        unit: '{request}',
      })
      const observe: Parameters<typeof gauge.addCallback>[0] = (result) => result.observe(read(), attributes)
      gauge.addCallback(observe)
      return () => gauge.removeCallback(observe)
    },
  }
}
