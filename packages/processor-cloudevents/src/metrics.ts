import type { ComponentTelemetry } from '@spanloom/core'

import type { Tally, Unlinked } from './tally.ts'

/** Counts what the processor does (`cloudevents.md` section 9.3). */
export interface Metrics {
  count(tally: Tally): void
  unlinked(spans: number, reason: Unlinked): void
  evicted(): void
}

/** What is measured whenever somebody asks. */
export interface Gauges {
  readonly storeEntries: () => number
  readonly heldSpans: () => number
}

/** Makes the instruments; all of them show 0 from the start (TEL-11). */
export function createMetrics(
  id: string,
  { meter }: Pick<ComponentTelemetry, 'meter'>,
  gauges: Gauges,
): Metrics {
  const processor = { processor: id }
  const counter = (
    name: string,
    description: string,
    unit: string,
  ): ((count: number, extra?: Readonly<Record<string, string>>) => void) => {
    const instrument = meter.createCounter(`otelcol_processor_cloudevents_${name}`, { description, unit })
    return (count, extra) => instrument.add(count, { ...processor, ...extra })
  }
  const links = counter('links_added', 'Links added, by where they were found.', '{link}')
  const invalid = counter('traceparent_invalid', 'Extensions that cannot be read.', '{span}')
  const overwritten = counter('extension_overwritten', 'Extensions that a hop has overwritten.', '{span}')
  const unlinked = counter('released_unlinked', 'Spans that left without a link, by reason.', '{span}')
  const evicted = counter('store_evicted', 'Events forgotten because there was no room.', '{event}')
  for (const add of [invalid, overwritten, evicted]) add(0)
  for (const origin of ['extension', 'store']) links(0, { origin })
  for (const reason of ['timeout', 'capacity', 'shutdown', 'disabled']) unlinked(0, { reason })
  gauge('store_entries', 'Events whose producers are remembered.', '{event}', gauges.storeEntries)
  gauge('held_spans', 'Consumer spans that wait for their producer.', '{span}', gauges.heldSpans)

  return {
    count(tally) {
      for (const origin of ['extension', 'store'] as const) {
        if (tally.links[origin] > 0) links(tally.links[origin], { origin })
      }
      if (tally.invalidTraceparents > 0) invalid(tally.invalidTraceparents)
      if (tally.overwrittenExtensions > 0) overwritten(tally.overwrittenExtensions)
      if (tally.disabled > 0) unlinked(tally.disabled, { reason: 'disabled' })
    },
    unlinked: (spans, reason) => unlinked(spans, { reason }),
    evicted: () => evicted(1),
  }

  function gauge(name: string, description: string, unit: string, read: () => number): void {
    meter
      .createObservableGauge(`otelcol_processor_cloudevents_${name}`, { description, unit })
      .addCallback((result) => result.observe(read(), processor))
  }
}
