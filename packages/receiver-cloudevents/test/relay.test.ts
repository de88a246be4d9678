import { createServer } from 'node:http'

import { RetryableError } from '@spanloom/core'
import { describe, expect, it } from 'vitest'

import { type Consumer, startConsumer } from './consumer.ts'
import { type RawHeaders, rawRequest } from './raw-request.ts'
import { type Running, running } from './running.ts'

const mandatory: RawHeaders = [
  ['ce-specversion', '1.0'],
  ['ce-id', 'e-1'],
  ['ce-source', '/shop'],
  ['ce-type', 'order.created'],
]
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01'

const relaying = (
  consumer: Pick<Consumer, 'url'>,
  settings: object = {},
  relay: object = {},
): Promise<Running> => running({ mode: 'relay', relay: { url: consumer.url.href, ...relay }, ...settings })

const structured = (url: URL, body: string): ReturnType<typeof rawRequest> =>
  rawRequest(url, { headers: [['Content-Type', 'application/cloudevents+json']], body })

describe('what is forwarded', () => {
  it('is the very text of the event, but for the extension that was added', async () => {
    await using consumer = await startConsumer()
    await using relay = await relaying(consumer)
    const body =
      '{ "specversion":"1.0", "id":"e\\u002d1","source":"\\/s","type":"t", "data":{"n":12345678901234567890,"f":1.0,"b":1,"a":2} }\n'
    expect((await structured(relay.url, body)).status).toBe(202)

    const [create] = relay.next.spans
    const added = `,"traceparent":"00-${create?.traceId}-${create?.spanId}-01"`
    expect(consumer.delivered[0]?.body).toBe(body.replace(' }\n', `${added} }\n`))
    expect(relay.next.spans.map(({ name }) => name)).toEqual(['CloudEvents Create t', 'POST'])
  })

  it.each(['"traceparent":null,', '"traceparent":"",'])(
    'gets its extension where %s stood',
    async (member) => {
      await using consumer = await startConsumer()
      await using relay = await relaying(consumer)
      await structured(
        relay.url,
        `{${member}"tracestate":"stale=1","specversion":"1.0","id":"e","source":"/s","type":"t"}`,
      )
      const text = consumer.delivered[0]?.body ?? ''
      expect(text.match(/traceparent/g)).toHaveLength(1)
      expect(JSON.parse(text)).toMatchObject({ tracestate: null, traceparent: expect.stringMatching(/^00-/) })
    },
  )

  it('keeps bytes of headers, and drops what belongs to the hop or to us', async () => {
    await using consumer = await startConsumer()
    await using relay = await relaying(consumer, { auth: { bearer: ['secret'] } })
    const utf8 = Buffer.from('Größe').toString('latin1')
    await rawRequest(relay.url, {
      headers: [
        ...mandatory,
        ['ce-subject', utf8],
        ['ce-ext', 'a%20b'],
        ['ce-traceparent', traceparent],
        ['X-Request-Id', '7'],
        ['Connection', 'close, X-Hop'],
        ['X-Hop', '1'],
        ['Authorization', 'Bearer secret'],
        ['Accept-Encoding', 'gzip'],
      ],
      body: '{}',
    })
    const { headers = {} } = consumer.delivered[0] ?? {}
    expect(headers).toMatchObject({
      'ce-subject': utf8,
      'ce-ext': 'a%20b',
      'ce-traceparent': traceparent,
      'x-request-id': '7',
    })
    for (const name of ['authorization', 'x-hop', 'accept-encoding']) expect(headers).not.toHaveProperty(name)
  })

  it('is each event of a batch by itself, in order', async () => {
    await using consumer = await startConsumer()
    await using relay = await relaying(consumer)
    const events = [1, 2].map(
      (n) => `{"specversion":"1.0","id":"e-${n}","source":"/s","type":"t","data":${n}.0}`,
    )
    const answer = await rawRequest(relay.url, {
      headers: [['Content-Type', 'application/cloudevents-batch+json']],
      body: `[ ${events.join(' , ')}, {} ]`,
    })
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      { accepted: 2, rejected: [{ index: 2, reason: 'missing_specversion' }] },
    ])
    expect(consumer.delivered.map(({ body }) => body.replace(/,"traceparent":"[^"]+"/, ''))).toEqual(events)
    expect(consumer.delivered[0]?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8')
  })
})

describe('an extension', () => {
  it('stays as it is over two hops, byte for byte', async () => {
    await using consumer = await startConsumer()
    await using second = await relaying(consumer)
    await using first = await relaying({ url: second.url })
    const odd = '00-0AF7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01 '
    for (const value of [traceparent, odd.trim(), '"quoted"', '%41']) {
      await rawRequest(first.url, {
        headers: [...mandatory, ['ce-traceparent', value], ['ce-tracestate', 'A b']],
        body: '{}',
      })
    }
    expect(consumer.delivered.map(({ headers }) => headers['ce-traceparent'])).toEqual([
      traceparent,
      odd.trim(),
      '"quoted"',
      '%41',
    ])
    expect(consumer.delivered[0]?.headers['ce-tracestate']).toBe('A b')
    expect([...first.next.spans, ...second.next.spans].map(({ name }) => name)).toEqual(Array(8).fill('POST'))
  })

  it('is written with flag 00 where the trace is not recorded', async () => {
    await using consumer = await startConsumer()
    await using relay = await relaying(consumer, { sampling_ratio: 0 })
    await rawRequest(relay.url, { headers: mandatory })
    expect(consumer.delivered[0]?.headers['ce-traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    expect(relay.next.spans.map(({ name }) => name)).not.toContain('CloudEvents Create order.created')
  })

  it('is not written with create_span: never', async () => {
    await using consumer = await startConsumer()
    await using relay = await relaying(consumer, { create_span: 'never' })
    await rawRequest(relay.url, { headers: mandatory })
    expect(consumer.delivered[0]?.headers).not.toHaveProperty('ce-traceparent')
  })
})

describe('the answer of the consumer', () => {
  it('is passed back', async () => {
    await using consumer = await startConsumer()
    await using relay = await relaying(consumer)
    consumer.answer = () => ({
      status: 429,
      headers: { 'Retry-After': '7', 'Content-Type': 'text/plain', 'X-Own': 'x' },
      body: 'slow',
    })
    const answer = await rawRequest(relay.url, { headers: mandatory })
    expect(answer).toMatchObject({
      status: 429,
      body: 'slow',
      headers: { 'retry-after': '7', 'content-type': 'text/plain' },
    })
    expect(answer.headers).not.toHaveProperty('x-own')
    expect(relay.next.spans).toMatchObject([{ name: 'POST', status: { code: 'ERROR' } }])
  })

  it('is 502 for a redirect, and for nobody there', async () => {
    await using consumer = await startConsumer()
    await using relay = await relaying(consumer)
    consumer.answer = () => ({ status: 307, headers: { Location: 'http://elsewhere.test/' } })
    expect((await rawRequest(relay.url, { headers: mandatory })).status).toBe(502)

    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await new Promise((resolve) => taken.close(resolve))
    await using dead = await relaying({ url: new URL(`http://127.0.0.1:${port}/`) })
    expect((await rawRequest(dead.url, { headers: mandatory })).status).toBe(502)
    expect(dead.next.spans.map((one) => one.attribute('error.type'))).toContain('network_error')
  })

  it('is 504 when it does not come', async () => {
    await using consumer = await startConsumer()
    await using relay = await relaying(consumer, {}, { timeout: '5s' })
    const asked = Promise.withResolvers<void>()
    consumer.answer = () => {
      asked.resolve()
      return undefined
    }
    const answer = rawRequest(relay.url, { headers: mandatory })
    await asked.promise
    await relay.clock.advance(5_000)
    expect((await answer).status).toBe(504)
  })
})

it('asks for the event again when the pipeline refuses its spans, and writes the same extension then', async () => {
  await using consumer = await startConsumer()
  await using relay = await relaying(consumer)
  relay.next.refuseWith(new RetryableError('QUEUE_FULL', 'The queue is full.'))
  expect((await rawRequest(relay.url, { headers: mandatory })).status).toBe(503)
  relay.next.refuseWith(undefined)
  expect((await rawRequest(relay.url, { headers: mandatory })).status).toBe(202)
  const [first, again] = consumer.delivered.map(({ headers }) => headers['ce-traceparent'])
  expect(again).toBe(first)
})

it('links the hop to the creation of the event in the messaging conventions, and may process it', async () => {
  await using consumer = await startConsumer()
  await using relay = await relaying(consumer, {
    conventions: 'messaging',
    process_span: true,
    messaging_destination: 'orders',
  })
  await rawRequest(relay.url, { headers: [...mandatory, ['ce-traceparent', traceparent]] })
  expect(relay.next.spans.map(({ name, links }) => [name, links[0]?.spanId])).toEqual([
    ['process orders', 'b9c7c989f97918e1'],
    ['POST', 'b9c7c989f97918e1'],
  ])
})
