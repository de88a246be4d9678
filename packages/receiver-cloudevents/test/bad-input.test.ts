import { gzipSync } from 'node:zlib'

import { PermanentError, RetryableError } from '@spanloom/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { type RawHeaders, rawRequest } from './raw-request.ts'
import { type Running, running } from './running.ts'

const mandatory: RawHeaders = [
  ['ce-specversion', '1.0'],
  ['ce-id', 'e-1'],
  ['ce-source', '/shop'],
  ['ce-type', 'order.created'],
]
const valid = '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01'

let receiver: Running

beforeAll(async () => {
  receiver = await running({}, { max_body_size: 10_000, max_batch_events: 3 })
})
beforeEach(() => {
  receiver.next.batches.length = 0
})
afterAll(() => receiver[Symbol.asyncDispose]())

const post = (headers: RawHeaders, body: string | Uint8Array = '{}'): ReturnType<typeof rawRequest> =>
  rawRequest(receiver.url, { headers, body })

const json = (body: unknown, type = 'application/cloudevents+json'): ReturnType<typeof rawRequest> =>
  post([['Content-Type', type]], typeof body === 'string' ? body : JSON.stringify(body))

describe('an extension that cannot be read', () => {
  it.each([
    ['a trace id of zeros', '00-00000000000000000000000000000000-b9c7c989f97918e1-01'],
    ['a parent id of zeros', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
    ['version ff', `ff${valid.slice(2)}`],
    ['upper case', valid.toUpperCase()],
    ['too long', `${valid}-more`],
    ['too short', valid.slice(0, -1)],
    ['no hex', valid.replace('a', 'g')],
    ['two in one', `${valid},${valid}`],
    ['other separators', valid.replaceAll('-', '_')],
  ])('%s leaves the event as it is, without a link', async (_, traceparent) => {
    const before = receiver.telemetry.counters()['traceparent_invalid'] ?? 0
    expect((await post([...mandatory, ['ce-traceparent', traceparent]])).status).toBe(202)
    expect(receiver.next.spans.map(({ links }) => links.length)).toEqual([0])
    expect(receiver.telemetry.counters()['traceparent_invalid']).toBe(before + 1)
  })

  it('such as a huge trace state costs the trace state alone, or part of it', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `k${index}=v`).join(',')
    const long = Array.from({ length: 30 }, (_, index) => `k${index}=${'v'.repeat(60)}`).join(',')
    await post([...mandatory, ['ce-traceparent', valid], ['ce-tracestate', many]])
    await post([...mandatory, ['ce-traceparent', valid], ['ce-tracestate', long]])
    await post([...mandatory, ['ce-traceparent', valid], ['ce-tracestate', 'x'.repeat(60_000)]])
    const states = receiver.next.spans.map(({ links }) => links[0]?.traceState)
    expect(states).toEqual(['', long.split(',').slice(0, 8).join(','), ''])
  })

  it('nor does one of the hop', async () => {
    await post([...mandatory, ['traceparent', valid], ['traceparent', valid]])
    expect(receiver.next.spans.map(({ parentSpanId }) => parentSpanId)).toEqual([''])
  })
})

describe('a request', () => {
  it.each<[string, RawHeaders, number, string]>([
    ['with an attribute twice', [...mandatory, ['Ce-Id', 'e-2']], 400, 'DUPLICATE_ATTRIBUTE'],
    [
      'with the extension twice',
      [...mandatory, ['ce-traceparent', valid], ['ce-traceparent', valid]],
      400,
      'DUPLICATE_ATTRIBUTE',
    ],
    [
      'with two content types',
      [...mandatory, ['Content-Type', 'a/b'], ['Content-Type', 'a/c']],
      400,
      'DUPLICATE_ATTRIBUTE',
    ],
    [
      'with escapes that are no UTF-8',
      [...mandatory, ['ce-subject', '%FF']],
      400,
      'INVALID_PERCENT_ENCODING',
    ],
    ['with an empty attribute', [...mandatory.slice(1), ['ce-specversion', '']], 400, 'MISSING_SPECVERSION'],
    ['that is no event', [['Content-Type', 'text/plain']], 415, 'NOT_A_CLOUDEVENT'],
    [
      'in an unknown format',
      [['Content-Type', 'application/cloudevents+protobuf']],
      415,
      'UNSUPPORTED_FORMAT',
    ],
    [
      'in an unknown format of batches',
      [['Content-Type', 'application/cloudevents-batch+avro']],
      415,
      'UNSUPPORTED_FORMAT',
    ],
  ])('%s is refused', async (_, headers, status, code) => {
    const answer = await post(headers)
    expect([answer.status, JSON.parse(answer.body)]).toEqual([status, expect.objectContaining({ code })])
    expect(receiver.next.calls === 0 || receiver.next.spanCount === 0).toBe(true)
  })

  it('may have attributes of 64 KiB, and not much more', async () => {
    expect((await post([...mandatory, ['ce-ext', 'x'.repeat(65_536)]])).status).toBe(202)
    expect((await post([...mandatory, ['ce-ext', 'x'.repeat(66_000)]])).status).toBe(400)
    expect((await post([...mandatory, ['ce-ext', 'x'.repeat(140_000)]])).status).toBe(431)
  })

  it('may be compressed, within its limits', async () => {
    const big = gzipSync('x'.repeat(20_000))
    expect((await post([...mandatory, ['Content-Encoding', 'gzip']], gzipSync('{}'))).status).toBe(202)
    expect((await post([...mandatory, ['Content-Encoding', 'gzip']], big)).status).toBe(413)
    expect((await post(mandatory, 'x'.repeat(10_001))).status).toBe(413)
  })

  it.each(['GET', 'PUT', 'DELETE'])('with %s is answered with 405', async (method) => {
    const answer = await rawRequest(receiver.url, { method, headers: mandatory })
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST, OPTIONS'])
  })

  it('is never refused for its data', async () => {
    expect((await post([...mandatory, ['Content-Type', 'application/json']], '{"broken')).status).toBe(202)
  })
})

describe('a batch', () => {
  const event = { specversion: '1.0', id: 'e-1', source: '/s', type: 't' }
  const batch = 'application/cloudevents-batch+json'

  it('that holds nothing valid, or too much, is refused', async () => {
    expect((await json([{}], batch)).status).toBe(400)
    expect((await json([event, event, event, event], batch)).status).toBe(413)
    expect((await json(event, batch)).status).toBe(400)
    expect((await json('[{"id":', batch)).status).toBe(400)
  })

  it('that holds one event twice makes two spans', async () => {
    expect((await json([event, event], batch)).status).toBe(202)
    expect(new Set(receiver.next.spans.map(({ spanId }) => spanId)).size).toBe(2)
  })

  it('is refused as a whole where that is asked for', async () => {
    await using strict = await running({ on_invalid: 'reject' })
    const answer = await rawRequest(strict.url, {
      headers: [['Content-Type', batch]],
      body: JSON.stringify([event, {}]),
    })
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      400,
      { accepted: 0, rejected: [{ index: 1, reason: 'missing_specversion' }] },
    ])
    expect(strict.next.spanCount).toBe(0)
  })
})

it('makes the same span of an event that is delivered again, and another one in another receiver', async () => {
  await using other = await running({ service_name: 'other' })
  await post(mandatory)
  await post(mandatory)
  await rawRequest(other.url, { headers: mandatory })
  const [first, again] = receiver.next.spans
  expect(again?.spanId).toBe(first?.spanId)
  expect(other.next.spans[0]?.spanId).not.toBe(first?.spanId)
})

it('tells the sender to wait when the pipeline refuses', async () => {
  await using one = await running()
  one.next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.', { retryAfterMs: 3_000 }))
  const busy = await rawRequest(one.url, { headers: mandatory })
  expect([busy.status, busy.headers['retry-after']]).toEqual([503, '3'])
  one.next.refuseWith(new PermanentError('DATA_REFUSED', 'Nobody wants this.'))
  expect((await rawRequest(one.url, { headers: mandatory })).status).toBe(500)
})

describe('tokens', () => {
  it('are demanded, and may stand in the URL only where that is allowed', async () => {
    await using closed = await running({ auth: { bearer: ['one', 'two'] } })
    await using open = await running({ auth: { bearer: ['one'], allow_query_token: true } })
    const status = async (url: URL, authorization?: string): Promise<number> => {
      const headers =
        authorization === undefined ? mandatory : [...mandatory, ['Authorization', authorization] as const]
      return (await rawRequest(url, { headers })).status
    }
    expect([
      await status(closed.url),
      await status(closed.url, 'Bearer x'),
      await status(closed.url, 'bearer two'),
    ]).toEqual([401, 401, 202])
    expect(await status(new URL('?access_token=one', closed.url))).toBe(401)
    const answer = await rawRequest(new URL('?access_token=one', open.url), { headers: mandatory })
    expect([answer.status, answer.headers['cache-control']]).toEqual([202, 'private'])
  })
})

it('refuses a handshake for a rate that is none', async () => {
  await using webhook = await running({ webhook: { allowed_origins: ['a.example'] } })
  const ask = (rate: string): ReturnType<typeof rawRequest> =>
    rawRequest(webhook.url, {
      method: 'OPTIONS',
      headers: [
        ['WebHook-Request-Origin', 'A.example'],
        ['WebHook-Request-Rate', rate],
      ],
    })
  expect([(await ask('0')).status, (await ask('-1')).status, (await ask('x')).status]).toEqual([
    400, 400, 400,
  ])
  expect((await ask('5')).headers['webhook-allowed-origin']).toBe('A.example')
})
