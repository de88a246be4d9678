import type { Attributes, Meter } from '@opentelemetry/api'

import type { AccountListener, AccountOwner } from './accounting.ts'
import type { PipelineInstruments } from './instruments.ts'
import { scopedMeter } from './scoped-meter.ts'

/**
 * Turns what a component tells its account into metrics: every drop moves a counter that names component
 * and reason (TEL-10). Instruments are made when they are first needed, so that components which drop
 * nothing add nothing to a scrape.
 */
export function accountMetrics(
  { kind, id, pipelines }: AccountOwner,
  meter: Meter,
  instruments: PipelineInstruments,
): AccountListener {
  const scope = scopedMeter(meter)
  scope.open()
  const own: Attributes =
    kind === 'processor' ? { [kind]: id, pipeline: pipelines.join(',') } : { [kind]: id }
  return {
    dropped: (count, reason) =>
      meter
        .createCounter(`otelcol_${kind}_dropped_spans`, {
          description: 'Spans that ended here, by reason.',
          unit: '{span}',
        })
        .add(count, { ...own, reason }),
    merged: (count) =>
      meter
        .createCounter(`otelcol_${kind}_merged_spans`, {
          description: 'Spans that became part of another one.',
          unit: '{span}',
        })
        .add(count, own),
    created: (count) =>
      meter
        .createCounter(`otelcol_${kind}_created_spans`, {
          description: 'Spans that the component made of nothing that came in.',
          unit: '{span}',
        })
        .add(count, own),
    failed: (count, transport) => {
      const attributes = transport === undefined ? own : { ...own, transport }
      instruments.receiverFailed.add(count, attributes)
      instruments.receiverRequests.add(1, { ...attributes, outcome: 'failure' })
    },
    holds: (read) =>
      scope.meter
        .createObservableGauge(`otelcol_${kind}_held_spans`, {
          description: 'Spans held at the moment.',
          unit: '{span}',
        })
        .addCallback((result) => result.observe(read(), own)),
    close: () => scope.close(),
  }
}
