import { type CloudEvent, type EventFault, eventFaults } from '@spanloom/cloudevents'
import type { ComponentTelemetry } from '@spanloom/core'

/** Counts what a receiver sees. */
export interface Metrics {
  /** An event that can be used. */
  taken(event: CloudEvent, isInvalidExtension: boolean): void
  /** One that cannot. */
  rejected(reason: EventFault): void
}

/** Makes the counters; all of them show 0 from the start (TEL-11). */
export function createMetrics(id: string, { meter }: Pick<ComponentTelemetry, 'meter'>): Metrics {
  const receiver = { receiver: id }
  const counter = (name: string, description: string, unit: string) =>
    meter.createCounter(`otelcol_receiver_cloudevents_${name}`, { description, unit })
  const events = counter('events', 'Events that can be used.', '{event}')
  const rejected = counter('rejected_events', 'Events that cannot be used, by reason.', '{event}')
  const invalid = counter('traceparent_invalid', 'Extensions that cannot be read.', '{event}')
  const names = counter(
    'attribute_invalid_name',
    'Attributes left out for their name or type.',
    '{attribute}',
  )
  for (const each of [events, invalid, names]) each.add(0, receiver)
  for (const reason of eventFaults) rejected.add(0, { ...receiver, reason })
  return {
    taken({ ignored }, isInvalidExtension) {
      events.add(1, receiver)
      if (ignored > 0) names.add(ignored, receiver)
      if (isInvalidExtension) invalid.add(1, receiver)
    },
    rejected: (reason) => rejected.add(1, { ...receiver, reason }),
  }
}
