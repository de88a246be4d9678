import type { ComponentTelemetry } from '@spanloom/core'

import type { Assembler } from './assembler.ts'
import { type DropReason, dropReasons } from './counters.ts'
import type { Outbox } from './emission/outbox.ts'

type Meter = ComponentTelemetry['meter']

const prefix = 'otelcol_processor_span_assembly'

/** The metrics of one `span_assembly`: what became of its fragments, and what it holds. */
export function registerMetrics(meter: Meter, id: string, assembler: Assembler, outbox: Outbox): void {
  const attributes = { processor: id }
  const counter = (name: string, unit: string, description: string, read: () => number): void => {
    const instrument = meter.createObservableCounter(`${prefix}_${name}`, { unit, description })
    instrument.addCallback((result) => result.observe(read(), attributes))
  }
  const gauge = (name: string, unit: string, description: string, read: () => number): void => {
    const instrument = meter.createObservableGauge(`${prefix}_${name}`, { unit, description })
    instrument.addCallback((result) => result.observe(read(), attributes))
  }
  const { counters } = assembler

  counter('passed_spans', '{span}', 'Whole spans that passed untouched.', () => counters.passed)
  counter(
    'restored_fragments',
    '{fragment}',
    'Fragments found in the storage at the start.',
    () => counters.restored,
  )
  counter('merged_fragments', '{fragment}', 'Fragments in emitted spans.', () => counters.merged)
  counter('late_spans', '{span}', 'Fragments that became late spans.', () => counters.late)
  counter('evicted_keys', '{key}', 'Keys that left early because of `max_open`.', () => counters.evicted)
  counter(
    'forgotten_keys',
    '{key}',
    'Keys forgotten early because of `max_tombstones`.',
    () => counters.forgotten,
  )
  counter(
    'unknown_profiles',
    '{key}',
    'Keys that name a profile nobody knows.',
    () => counters.unknownProfiles,
  )
  meter
    .createObservableCounter(`${prefix}_dropped_fragments`, {
      unit: '{fragment}',
      description: 'Fragments dropped.',
    })
    .addCallback((result) => {
      for (const reason of dropReasons)
        result.observe(counters.dropped[reason satisfies DropReason], { ...attributes, reason })
    })
  gauge('held_fragments', '{fragment}', 'Fragments that wait for others.', () => assembler.held)
  gauge('open_keys', '{key}', 'Keys with fragments.', () => assembler.openKeys)
  gauge('remembered_keys', '{key}', 'Keys remembered after their spans left.', () => assembler.rememberedKeys)
  gauge('stored_bytes', 'By', 'Memory of the fragments.', () => assembler.storedBytes)
  gauge('waiting_spans', '{span}', 'Emitted spans that the next stage has not taken.', () => outbox.size)
}
