import type { ComponentTelemetry } from '@spanloom/core'

import type { Milestone, Source } from '../model/translation.ts'

const outcomes = [
  'accepted',
  'duplicate',
  'unsupported_type',
  'action',
  'no_time',
  'not_a_build',
  'unauthenticated',
  'invalid',
  'refused',
  'fault',
] as const

/** What became of a delivery. The words are attribute values of a metric. */
export type DeliveryOutcome = (typeof outcomes)[number]

/** Counts what one receiver is sent. */
export interface IntakeMetrics {
  delivery(source: Source, outcome: DeliveryOutcome): void
  /** Starts and ends of operations that the pipeline took. */
  milestones(milestones: readonly Milestone[]): void
}

const hour = 3600
const day = 24 * hour

/** What ValueStream called the sources in its metrics. */
const sourceNames: Readonly<Record<Source, string>> = {
  github: 'github',
  gitlab: 'gitlab',
  jenkins: 'jenkins',
  jiracloud: 'jiracloud',
  customhttp: 'custom_http',
}

/** As many operations of a sender's own are told apart; the rest is `other`. */
const maxOperations = 50

/**
 * Makes the instruments, the original's three among them (`valuestream.md` chapter 11). The deliveries of the sources
 * that are served show 0 from the start (TEL-11).
 */
export function createIntakeMetrics(
  id: string,
  sources: readonly Source[],
  { meter }: ComponentTelemetry,
): IntakeMetrics {
  const receiver = { receiver: id }
  const deliveries = meter.createCounter('otelcol_receiver_valuestream_deliveries', {
    description: 'Deliveries by source and by what became of them.',
    unit: '{delivery}',
  })
  const starts = meter.createCounter('vs_event_start_total', {
    description: 'Operations that began.',
    unit: '{event}',
  })
  const ends = meter.createCounter('vs_event_end_total', {
    description: 'Operations that ended.',
    unit: '{event}',
  })
  const durations = meter.createHistogram('vs_event_duration_seconds', {
    description: 'Duration of operations whose end tells when they began.',
    unit: 's',
    advice: {
      explicitBucketBoundaries: [
        1800,
        hour,
        3 * hour,
        6 * hour,
        12 * hour,
        day,
        3 * day,
        7 * day,
        14 * day,
        21 * day,
        30 * day,
      ],
    },
  })
  for (const source of sources)
    for (const outcome of outcomes) deliveries.add(0, { ...receiver, source, outcome })

  const operations = new Set<string>()
  const known = (operation: string): string => {
    if (operations.size < maxOperations) operations.add(operation)
    return operations.has(operation) ? operation : 'other'
  }

  return {
    delivery(source, outcome) {
      deliveries.add(1, { ...receiver, source, outcome })
    },
    milestones(milestones) {
      for (const { source, operation, state, isError, duration } of milestones) {
        const event = { ...receiver, event_source: sourceNames[source], event_type: known(operation) }
        if (state === 'start') starts.add(1, event)
        else ends.add(1, { ...event, error: isError })
        if (duration !== undefined) durations.record(duration, { ...event, error: isError })
      }
    },
  }
}
