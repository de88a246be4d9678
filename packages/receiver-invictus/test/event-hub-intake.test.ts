import { gzipSync } from 'node:zlib'

import { type Component, PermanentError, RetryableError } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type FakeClock,
  MemoryStorage,
  testHost,
  testTelemetry,
  type TestTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { MemoryPartition } from '@spanloom/eventhubs/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { defineInvictusReceiver } from '../src/receiver.ts'
import { eventNumber } from './events.ts'

const connection =
  'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0;EntityPath=hub'
const owner = { kind: 'receiver', id: 'invictus', pipeline: 'dead_letters' } as const
const enqueuedTime = Date.UTC(2026, 0, 1)
let running: Component | undefined

afterEach(async () => {
  await running?.shutdown(AbortSignal.timeout(2_000))
})

interface Setup {
  readonly next: TracesSink
  readonly telemetry: TestTelemetry
  readonly clock: FakeClock
  readonly storage: MemoryStorage
  readonly partition: MemoryPartition
}

async function setup(given: Partial<Setup> = {}, settings: object = {}): Promise<Setup> {
  const clock = given.clock ?? fakeClock()
  const parts = {
    next: new TracesSink(),
    telemetry: testTelemetry(),
    storage: new MemoryStorage(clock),
    partition: new MemoryPartition(),
    ...given,
    clock,
  }
  const factory = defineInvictusReceiver((options) => parts.partition.consumer(options))
  const config = { event_hub: { connection }, dead_letters: { storage: 'file_storage' }, ...settings }
  running = createComponent(factory, config, parts)
  await running.start(testHost({ file_storage: parts.storage.extension() }))
  return parts
}

interface Letter {
  readonly reason: string
  readonly body: string
}

function letters({ storage }: Setup): readonly Letter[] {
  const queue = storage.queueOf(owner)
  return queue.deadLetters.map(({ id, lastError = '' }) => ({
    reason: lastError.replace('permanent_error: ', ''),
    body: Buffer.from(queue.body(id) ?? []).toString(),
  }))
}

const caughtUp = (run: Setup, count: number): Promise<void> =>
  vi.waitFor(async () => {
    await run.clock.advance(1_000)
    expect(run.partition.checkpoint).toBe(count)
  })

describe('bad input', () => {
  const good = eventNumber(1)

  it.each([
    ['not JSON', 'secret {', 'not_json: The message is not JSON.'],
    [
      'invalid UTF-8',
      Buffer.from([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d]),
      'not_json: The message is not JSON.',
    ],
    [
      'too large',
      `[${JSON.stringify({ ...good, Source: 'x'.repeat(2 << 20) })}]`,
      'too_large: The message is larger than 1048576 bytes.',
    ],
    ['broken gzip', gzipSync('[]').subarray(0, 12), 'not_gzip: The message is no whole gzip.'],
  ])(
    'a message that is %s is kept with its reason, and the partition goes on',
    async (name, body, reason) => {
      const run = await setup()
      run.partition.append(JSON.stringify([eventNumber(1)]))
      run.partition.append(body, name === 'broken gzip' ? { properties: { 'content-encoding': 'gzip' } } : {})
      run.partition.append(JSON.stringify([eventNumber(2)]))
      await caughtUp(run, 3)

      expect(run.next.spanCount).toBe(2)
      expect(letters(run)).toEqual([{ reason, body: Buffer.from(body).toString() }])
      expect(JSON.stringify(run.telemetry.logger.lines)).not.toContain('secret')
    },
  )

  it('costs only the events that are bad, each with its reason', async () => {
    const run = await setup()
    run.partition.append(
      JSON.stringify([
        'secret',
        eventNumber(1),
        { ...good, ChainId: ' ' },
        { ...good, Step: undefined },
        { ...good, Step: { Status: 'Started' } },
        { ...good, Step: { Id: 'a' } },
        { ...good, ChainId: undefined },
        { ...eventNumber(2), Step: { Id: 'a', Status: 'Paused' } },
        { ...eventNumber(3), Time: 'soon' },
      ]),
      { enqueuedTime },
    )
    await caughtUp(run, 1)

    expect(letters(run).map(({ reason }) => reason)).toEqual([
      'not_an_object: number 1 of 9 events is no object',
      'no_chain_id: number 3, 7 of 9 events has no ChainId',
      'no_step: number 4 of 9 events has no Step',
      'no_step_id: number 5 of 9 events has no Step.Id',
      'no_step_status: number 6 of 9 events has no Step.Status',
    ])
    expect(letters(run)[0]?.body).toBe('["secret"]')
    expect(JSON.parse(letters(run)[1]?.body ?? '')).toHaveLength(2)
    // An unknown status and a time that is none are used, and say so.
    expect(
      run.next.spans.map(({ name, attributes, events }) => [
        name,
        attributes['invictus.time.invalid'],
        events[0]?.name,
      ]),
    ).toEqual([
      ['Deliver', undefined, undefined],
      ['', undefined, 'paused'],
      ['Deliver', 'soon', undefined],
    ])
    expect(run.next.spans[2]?.startTimeUnixNano).toBe(BigInt(enqueuedTime) * 1_000_000n)
  })

  it('that is one object is an event, and an empty list none', async () => {
    const run = await setup()
    run.partition.append(JSON.stringify(eventNumber(1)))
    run.partition.append('[]')
    run.partition.append(gzipSync(JSON.stringify([eventNumber(2)])), {
      properties: { 'content-encoding': 'gzip' },
    })
    await caughtUp(run, 3)

    expect(run.next.spanCount).toBe(2)
    expect(letters(run)).toEqual([])
  })

  it('that is too deep is kept as the message it came in', async () => {
    const run = await setup()
    const deep = `[${JSON.stringify(good).slice(0, -1)},"Properties":{"Data":{"x":${'['.repeat(200)}${']'.repeat(200)}}}}]`
    run.partition.append(deep)
    await caughtUp(run, 1)

    expect(letters(run)).toEqual([
      { reason: 'too_deep: number 1 of 1 events is nested too deeply', body: deep },
    ])
  })
})

it('keeps a message that the pipeline refuses for good, and only that', async () => {
  const run = await setup()
  const consume = run.next.consumeTraces.bind(run.next)
  run.next.consumeTraces = (traces, context) =>
    [...traces.spans()].some(({ attributes }) => attributes['invictus.chain.id'] === 'order/2')
      ? Promise.reject(new PermanentError('DATA_REFUSED', 'Nobody wants this.'))
      : consume(traces, context)
  for (const number of [1, 2, 3]) run.partition.append(JSON.stringify([eventNumber(number)]))
  await caughtUp(run, 3)

  expect(run.next.spanCount).toBe(2)
  expect(letters(run)).toEqual([
    { reason: 'refused: Nobody wants this.', body: JSON.stringify([eventNumber(2)]) },
  ])
  expect(run.telemetry.dropped.get('refused')).toBe(1)
})

it('hands the same batch on again while the pipeline refuses, and keeps bad events once', async () => {
  const run = await setup()
  run.next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  run.partition.append(JSON.stringify([eventNumber(1), 5]))
  await vi.waitFor(async () => {
    await run.clock.advance(1_000)
    expect(run.partition.handed).toBeGreaterThan(2)
  })
  run.next.refuseWith(undefined)
  await caughtUp(run, 1)

  expect(run.next.spanCount).toBe(1)
  expect(letters(run)).toHaveLength(1)
  expect(run.telemetry.dropped.get('not_an_object')).toBe(1)
})

it('links to the span that a message names', async () => {
  const run = await setup()
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  run.partition.append(JSON.stringify([eventNumber(1)]), { properties: { 'Diagnostic-Id': traceparent } })
  await run.next.waitForSpans(1)

  expect(run.next.spans[0]?.links).toMatchObject([{ spanId: '00f067aa0ba902b7' }])
  expect(run.next.contexts[0]).toMatchObject({ transport: 'amqp' })
})

it('tries kept events again at the next start, with the time of their message', async () => {
  const run = await setup({}, { max_events_per_message: 1 })
  run.partition.append(JSON.stringify([{ ...eventNumber(1), Time: undefined }, 5]), { enqueuedTime })
  await caughtUp(run, 1)
  expect(letters(run)).toMatchObject([{ reason: 'too_many_events: The message holds more than 1 events.' }])
  await running?.shutdown(AbortSignal.timeout(2_000))
  const queue = run.storage.queueOf(owner)
  const ids = queue.deadLetters.map(({ id }) => id)
  queue.revive(ids, 0)

  await setup(run)
  await vi.waitFor(() => expect(queue.stats()).toMatchObject({ pending: 0, dead: 1 }))
  expect(run.next.spans.map(({ startTimeUnixNano }) => startTimeUnixNano)).toEqual([
    BigInt(enqueuedTime) * 1_000_000n,
  ])
  expect(letters(run)).toEqual([{ reason: 'not_an_object: number 2 of 2 events is no object', body: '[5]' }])
})
