import { KeptInput } from '@spanloom/core'
import { testTelemetry } from '@spanloom/core/testing'
import { expect, it, vi } from 'vitest'

import { createIntake } from './intake.ts'
import { createTranslate } from './translate.ts'

type Addition = readonly [name: string, count: number, attributes: Readonly<Record<string, unknown>>]

/** Telemetry whose counters write down what is added. */
function countingTelemetry(additions: Addition[]): ReturnType<typeof testTelemetry> {
  const telemetry = testTelemetry()
  vi.spyOn(telemetry.meter, 'createCounter').mockImplementation((name) => ({
    add: (count, attributes) =>
      void additions.push([name.replace('otelcol_receiver_invictus_', ''), count, { ...attributes }]),
  }))
  return telemetry
}

const translate = createTranslate({
  assumedZoneMinutes: 0,
  defaultServiceName: 'invictus',
  setOk: false,
  maxEventsPerMessage: 3,
  scopeVersion: '',
})
const clock = { now: () => 0, monotonic: () => 0, schedule: () => ({ cancel: () => undefined }) }

it('shows every counter with 0 from the start, and counts what a message held', async () => {
  const additions: Addition[] = []
  const telemetry = countingTelemetry(additions)
  const kept = new KeptInput({ id: 'invictus/a', config: undefined, telemetry, clock })
  const intake = createIntake('invictus/a', translate, telemetry, clock, kept)
  expect(new Set(additions.map(([name]) => name))).toEqual(
    new Set([
      'events',
      'rejected_events',
      'rejected_messages',
      'unknown_statuses',
      'invalid_times',
      'zero_chain_ids',
    ]),
  )
  expect(additions.every(([, count]) => count === 0)).toBe(true)

  additions.length = 0
  const Step = { Id: 's', Status: 'Odd' }
  const body = JSON.stringify([{ ChainId: '00000000-0000-0000-0000-000000000000', Step, Time: 'soon' }, 5])
  await intake.take({ body, enqueuedTime: 1n, origin: {} }, () => Promise.resolve())
  expect(additions).toEqual([
    ['events', 2, { receiver: 'invictus/a' }],
    ['unknown_statuses', 1, { receiver: 'invictus/a' }],
    ['invalid_times', 1, { receiver: 'invictus/a' }],
    ['zero_chain_ids', 1, { receiver: 'invictus/a' }],
    ['rejected_events', 1, { receiver: 'invictus/a', reason: 'not_an_object' }],
  ])

  additions.length = 0
  await expect(
    intake.take({ body: 'x', enqueuedTime: 1n, origin: {} }, () => Promise.resolve()),
  ).rejects.toThrow('The message is not JSON.')
  expect(additions).toEqual([['rejected_messages', 1, { receiver: 'invictus/a', reason: 'not_json' }]])
})
