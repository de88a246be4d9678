import type { ComponentTelemetry } from '@spanloom/core'

/** What became of deliveries, by endpoint. */
export interface DeliveryCounters {
  count(endpoint: string, outcome: 'delivered' | 'failed' | 'dead'): void
  /** Shows, until the returned function is called, how many deliveries wait. */
  observe(waiting: () => number): () => void
}

export function deliveryCounters(id: string, { meter }: ComponentTelemetry): DeliveryCounters {
  const outcomes = meter.createCounter('otelcol_exporter_webhook_deliveries', {
    description: 'Attempts to deliver a notification, by what became of them.',
    unit: '{delivery}',
  })
  const gauge = meter.createObservableGauge('otelcol_exporter_webhook_waiting', {
    description: 'Notifications that wait to be delivered.',
    unit: '{delivery}',
  })
  return {
    count: (endpoint, outcome) => outcomes.add(1, { exporter: id, endpoint, outcome }),
    observe(waiting) {
      const read = (result: { observe(value: number, attributes: Record<string, string>): void }): void =>
        result.observe(waiting(), { exporter: id })
      gauge.addCallback(read)
      return () => gauge.removeCallback(read)
    },
  }
}
