import { testTelemetry } from '@spanloom/core/testing'
import { expect, it, vi } from 'vitest'

import { createIntakeMetrics, type IntakeMetrics } from './intake-metrics.ts'

type Addition = readonly [name: string, value: number, attributes: Readonly<Record<string, unknown>>]

/** Metrics whose instruments write down what they are told. */
function written(additions: Addition[]): IntakeMetrics {
  const telemetry = testTelemetry()
  const write =
    (name: string) =>
    (value: number, attributes: object = {}): void =>
      void additions.push([name, value, { ...attributes }])
  vi.spyOn(telemetry.meter, 'createCounter').mockImplementation((name) => ({ add: write(name) }))
  vi.spyOn(telemetry.meter, 'createHistogram').mockImplementation((name) => ({ record: write(name) }))
  return createIntakeMetrics('valuestream', ['github', 'customhttp'], telemetry)
}

it('shows the deliveries of every source with 0 from the start', () => {
  const additions: Addition[] = []
  const metrics = written(additions)
  expect(additions).toHaveLength(20)
  expect(additions.every(([name, value]) => name.endsWith('_deliveries') && value === 0)).toBe(true)

  metrics.delivery('github', 'duplicate')
  expect(additions.at(-1)).toEqual([
    'otelcol_receiver_valuestream_deliveries',
    1,
    { receiver: 'valuestream', source: 'github', outcome: 'duplicate' },
  ])
})

it('counts starts and ends by source and operation, and durations that are known', () => {
  const additions: Addition[] = []
  const metrics = written(additions)
  additions.length = 0
  const event = { receiver: 'valuestream', event_source: 'custom_http', event_type: 'deploy' }

  metrics.milestones([
    { source: 'customhttp', operation: 'deploy', state: 'start', isError: false },
    { source: 'customhttp', operation: 'deploy', state: 'end', isError: true },
    { source: 'jiracloud', operation: 'issue', state: 'end', isError: false, duration: 60 },
  ])

  const issue = { receiver: 'valuestream', event_source: 'jiracloud', event_type: 'issue', error: false }
  expect(additions).toEqual([
    ['vs_event_start_total', 1, event],
    ['vs_event_end_total', 1, { ...event, error: true }],
    ['vs_event_end_total', 1, issue],
    ['vs_event_duration_seconds', 60, issue],
  ])
})

it('tells only so many operations apart that a sender invents', () => {
  const additions: Addition[] = []
  const metrics = written(additions)
  additions.length = 0

  for (let number = 0; number < 60; number += 1)
    metrics.milestones([
      { source: 'customhttp', operation: `type ${number}`, state: 'start', isError: false },
    ])

  const types = new Set(additions.map(([, , attributes]) => attributes['event_type']))
  expect(types.size).toBe(51)
  expect(types).toContain('other')
})
