import { gzipSync } from 'node:zlib'

import { ConfigError, PermanentError, RetryableError } from '@spanloom/core'
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
import { type InvictusReceiver, invictusReceiver, profiles } from '@spanloom/receiver-invictus'
import { request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'

import { eventNumber } from './events.ts'

const arrivalMs = Date.UTC(2026, 0, 1)
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

let receiver: InvictusReceiver | undefined

interface Running {
  readonly next: TracesSink
  readonly telemetry: TestTelemetry
  readonly clock: FakeClock
  readonly post: (
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<{ readonly status: number; readonly json: unknown; readonly retryAfter: unknown }>
}

async function running(settings: Readonly<Record<string, unknown>> = {}): Promise<Running> {
  const next = new TracesSink()
  const telemetry = testTelemetry()
  const clock = fakeClock(arrivalMs)
  const started = createComponent(
    invictusReceiver,
    { http: { endpoint: '127.0.0.1:0', path: '/events' }, ...settings },
    { next, telemetry, clock },
  )
  receiver = started
  await started.start(testHost())
  return {
    next,
    telemetry,
    clock,
    async post(body, headers = {}) {
      const raw = typeof body === 'string' || body instanceof Uint8Array
      const answer = await request(new URL('/events', started.url), {
        method: 'POST',
        headers,
        body: raw ? body : JSON.stringify(body),
      })
      return {
        status: answer.statusCode,
        json: await answer.body.json(),
        retryAfter: answer.headers['retry-after'],
      }
    },
  }
}

afterEach(async () => {
  await receiver?.shutdown(AbortSignal.timeout(2_000))
})

it('tells how many events it took and how many it could not use', async () => {
  const { next, post, telemetry } = await running()

  expect(await post([eventNumber(1), 5, eventNumber(2)])).toMatchObject({
    status: 200,
    json: { accepted: 2, rejected: 1 },
  })
  expect(next.spans.map(({ name }) => name)).toEqual(['Deliver', 'Deliver'])
  expect(next.contexts[0]).toMatchObject({ transport: 'http' })
  expect(telemetry.dropped.get('not_an_object')).toBe(1)
})

it('takes one event without an array, and gzip', async () => {
  const { next, post } = await running()

  expect(await post(eventNumber(1))).toMatchObject({ status: 200 })
  expect(
    await post(gzipSync(JSON.stringify([eventNumber(2)])), { 'content-encoding': 'gzip' }),
  ).toMatchObject({
    status: 200,
  })
  expect(next.spanCount).toBe(2)
})

it.each([
  ['[]', 202, { accepted: 0, rejected: 0 }],
  ['nonsense', 400, { accepted: 0, rejected: 0 }],
  ['[1,2]', 400, { accepted: 0, rejected: 2 }],
  ['5', 400, { accepted: 0, rejected: 1 }],
])('answers %s with %i', async (body, status, json) => {
  const { next, post } = await running()

  expect(await post(body)).toMatchObject({ status, json })
  expect(next.calls).toBe(0)
})

it('answers 413 to what is too large', async () => {
  const { post } = await running({ max_body_size: 2_000, max_events_per_message: 2 })

  expect(await post([eventNumber(1), eventNumber(2), eventNumber(3)])).toMatchObject({ status: 413 })
  expect(await post(' '.repeat(2_001))).toMatchObject({ status: 413 })
  expect(await post(gzipSync(' '.repeat(2_001)), { 'content-encoding': 'gzip' })).toMatchObject({
    status: 413,
  })
  expect(await post([eventNumber(1)])).toMatchObject({ status: 200 })
})

it('asks for a resend when the pipeline refuses, and counts nothing as taken', async () => {
  const { next, post, telemetry } = await running()

  next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.', { retryAfterMs: 3_000 }))
  expect(await post([eventNumber(1), 5])).toMatchObject({ status: 503, retryAfter: '3' })
  next.refuseWith(new PermanentError('DATA_REFUSED', 'Nobody wants this.'))
  expect(await post([eventNumber(1), 5])).toMatchObject({ status: 500, retryAfter: undefined })
  expect(telemetry.dropped.size).toBe(0)
})

it('gives an event without a time that of its arrival', async () => {
  const { next, post } = await running()

  await post({ ...eventNumber(1), Time: 'soon' })

  expect(next.spans[0]?.startTimeUnixNano).toBe(BigInt(arrivalMs) * 1_000_000n)
})

describe('the context of a message', () => {
  const traceparent = `00-${traceId}-${spanId}-01`

  it('becomes a link', async () => {
    const { next, post } = await running()
    await post([eventNumber(1)], { traceparent })
    expect(next.spans[0]?.links).toMatchObject([{ traceId, spanId }])
  })

  it('does not where that is switched off', async () => {
    const { next, post } = await running({ link_message_context: false })
    await post([eventNumber(1)], { traceparent })
    expect(next.spans[0]?.links).toEqual([])
  })
})

it('logs rejected input once a minute for each reason, without its content', async () => {
  const { post, telemetry, clock } = await running()

  await post(['secret', eventNumber(1)])
  await post(['secret', 'secret'])
  await post('secret')
  await post([{ secret: 1 }])
  const reasons = (): unknown[] =>
    telemetry.logger.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['reason'])
  expect(reasons()).toEqual(['not_an_object', 'not_json', 'no_chain_id'])

  await clock.advance(60_000)
  await post('secret')
  expect(reasons()).toEqual(['not_an_object', 'not_json', 'no_chain_id', 'not_json'])
  expect(JSON.stringify(telemetry.logger.lines)).not.toContain('secret')
})

it('counts a span that comes whole in another event as merged', async () => {
  const { next, post, telemetry } = await running()

  expect(await post([{ ...eventNumber(1), Properties: { Data: { 'otel.json': '' } } }])).toMatchObject({
    status: 200,
    json: { accepted: 1, rejected: 0 },
  })
  expect(next.calls).toBe(0)
  expect(telemetry.counts.merged).toBe(1)
})

it('keeps aside what a request that it took could not use, and nothing of one that it refused', async () => {
  const clock = fakeClock()
  const [storage, next] = [new MemoryStorage(clock), new TracesSink()]
  const config = { http: { endpoint: '127.0.0.1:0' }, dead_letters: { storage: 'disk' } }
  const started = createComponent(invictusReceiver, config, { next, clock })
  receiver = started
  await started.start(testHost({ disk: storage.extension() }))
  const post = async (body: unknown): Promise<number> => {
    const answer = await request(started.url ?? '', { method: 'POST', body: JSON.stringify(body) })
    await answer.body.dump()
    return answer.statusCode
  }

  expect([await post([eventNumber(1), 5, { ChainId: 'x' }]), await post([5]), await post('x')]).toEqual([
    200, 400, 400,
  ])

  const queue = storage.queueOf({ kind: 'receiver', id: 'invictus', pipeline: 'dead_letters' })
  expect(queue.deadLetters.map(({ lastError }) => lastError)).toEqual([
    'permanent_error: not_an_object: number 2 of 3 events is no object',
    'permanent_error: no_step: number 3 of 3 events has no Step',
  ])
  storage.refuse()
  expect(await post([eventNumber(1), 5])).toBe(503)
})

describe('the settings', () => {
  const create = (config: unknown): unknown => createComponent(invictusReceiver, config)

  it('need a way in', () => {
    expect(() => create({})).toThrow(ConfigError)
    expect(() => create({ http: null })).not.toThrow()
    expect(() => create({ file: { include: ['x.json'] } })).not.toThrow()
    expect(() => create({ file: {} })).toThrow(ConfigError)
  })

  it('take zones that times may have', () => {
    expect(() => create({ http: null, assume_zone: '+02:00' })).not.toThrow()
    expect(() => create({ http: null, assume_zone: 'Mars' })).toThrow(/"Mars" is no zone/)
  })

  it('bring the profile of the fragments', () => {
    expect(invictusReceiver.profiles).toBe(profiles)
    expect(invictusReceiver.transports?.({ http: {}, file: undefined })).toEqual(['http'])
  })
})
