import type { ComponentTelemetry } from '@spanloom/core'

/** What became of an event. */
export type EventOutcome =
  | 'accepted'
  | 'bad_signature'
  | 'dead_letter'
  | 'duplicate'
  | 'invalid'
  | 'ping'
  | 'refused'
  | 'unknown_type'

/** Counts what the receiver does. */
export interface OrchestMetrics {
  event(channel: 'webhook' | 'relay', outcome: EventOutcome): void
  fragments(count: number): void
  degraded(): void
}

export function orchestMetrics(id: string, { meter }: ComponentTelemetry): OrchestMetrics {
  const counter = (name: string, description: string, unit: string) =>
    meter.createCounter(`otelcol_receiver_orchest_${name}`, { description, unit })
  const events = counter('events', 'Events by channel, and what became of them.', '{event}')
  const fragments = counter('fragments', 'Fragments that events became.', '{span}')
  const degraded = counter(
    'degraded',
    'Events that do not say what they are about, and stand alone.',
    '{event}',
  )
  return {
    event: (channel, outcome) => events.add(1, { receiver: id, channel, outcome }),
    fragments: (count) => fragments.add(count, { receiver: id }),
    degraded: () => degraded.add(1, { receiver: id }),
  }
}
