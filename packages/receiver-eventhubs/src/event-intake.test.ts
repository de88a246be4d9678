import { KeptInput, RetryableError, span, Traces } from '@spanloom/core'
import { fakeClock, testTelemetry, TracesSink } from '@spanloom/core/testing'
import { type EventBatch, ReplayFilter } from '@spanloom/eventhubs'
import { expect, it } from 'vitest'

import { createEventIntake } from './event-intake.ts'

const longestMs = 1_000

function bodyOf(trace: number, name: string): Uint8Array {
  return Traces.of([
    span({ traceId: trace.toString(16).padStart(32, '0'), spanId: '00f067aa0ba902b7', name }),
  ]).toProtobuf()
}

it('hands on whole traces only, after it has begun behind a checkpoint', async () => {
  const [telemetry, clock, next] = [testTelemetry(), fakeClock(), new TracesSink()]
  const intake = createEventIntake({
    id: 'azure_event_hub',
    transport: 'amqp',
    decode: { encoding: 'auto', maxBodySize: 10_000 },
    next,
    telemetry,
    clock,
    kept: new KeptInput({ id: 'azure_event_hub', config: undefined, telemetry, clock }),
    replay: new ReplayFilter(longestMs),
  })
  const { signal } = new AbortController()
  let sequenceNumber = 0
  const batch = (
    ...events: readonly (readonly [trace: number, name: string, time: number])[]
  ): EventBatch => ({
    partitionId: '0',
    signal,
    resumed: true,
    events: events.map(([trace, name, enqueuedTime]) => ({
      body: bodyOf(trace, name),
      partitionId: '0',
      sequenceNumber: sequenceNumber++,
      offset: '',
      enqueuedTime,
      properties: {},
    })),
  })
  const names = (): readonly string[] => next.spans.map(({ name }) => name)

  await intake.take(batch([1, 'end of one that left', 0], [2, 'start', 500]))
  expect(names()).toEqual([])

  const more = batch([2, 'end', 1_200], [3, 'new', 1_300])
  next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  await expect(intake.take(more)).rejects.toThrow('full')
  next.refuseWith(undefined)
  await intake.take(more)
  expect(names()).toEqual(['start', 'end', 'new'])

  await intake.take(batch([1, 'much later', 2_500]))
  expect(names().slice(3)).toEqual(['much later'])
})
