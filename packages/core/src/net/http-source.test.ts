import { request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'

import { systemClock } from '../clock/clock.ts'
import { PermanentError, RetryableError, ShutdownError } from '../errors/errors.ts'
import { parseConfig } from '../schema/parse-config.ts'
import { testHost, testTelemetry, type TestTelemetry } from '../testing/index.ts'
import { HttpFault } from './http-fault.ts'
import { httpServerSettings } from './http-server-settings.ts'
import { httpSourceSettings } from './http-source-settings.ts'
import {
  accepted,
  type HttpSource,
  httpSource,
  nothing,
  type SourceHandler,
  type SourceRoute,
} from './http-source.ts'

const schema = {
  type: 'object',
  properties: { ...httpServerSettings, ...httpSourceSettings },
  additionalProperties: false,
} as const
const running: HttpSource[] = []

async function start(
  routes: SourceHandler | readonly SourceRoute[],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<{ url: URL; telemetry: TestTelemetry }> {
  const telemetry = testTelemetry()
  const config = parseConfig(schema, { endpoint: '127.0.0.1:0', path: '/events', ...settings })
  const source = httpSource({ id: 'crane/north', config, telemetry, clock: systemClock }, routes)
  running.push(source)
  await source.start(testHost())
  if (source.url === undefined) throw new Error('The source does not listen.')
  return { url: source.url, telemetry }
}

async function send(
  url: URL,
  {
    path = '/events',
    method = 'POST',
    body = '{}',
    headers = {},
  }: Partial<{
    path: string
    method: 'POST' | 'GET' | 'OPTIONS' | 'PUT'
    body: string | Buffer
    headers: Record<string, string>
  }> = {},
): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
  const answer = await request(new URL(path, url), {
    method,
    headers,
    reset: true,
    ...(method === 'GET' ? {} : { body }),
  })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((source) => source.shutdown(AbortSignal.abort())))
})

it('answers 200 when the handler took the event, and tells it everything', async () => {
  const { url } = await start((received) => {
    expect(received).toMatchObject({
      method: 'POST',
      path: '/events',
      mediaType: 'application/json',
      context: { transport: 'http', clientAddress: '127.0.0.1' },
    })
    expect(received.query.get('a')).toBe('1')
    expect(received.json()).toEqual({ id: 7 })
  })

  const headers = { 'content-type': 'application/json; charset=utf-8' }
  const answer = await send(url, { path: '/events?a=1', body: '{"id": 7}', headers })

  expect(answer).toMatchObject({ status: 200, text: '{"status":"accepted"}' })
  expect(answer.headers).toMatchObject({ 'content-type': 'application/json' })
})

it('answers 202 with the reason for a delivery that yields nothing', async () => {
  const { url } = await start(() => nothing('ping'))

  expect(await send(url)).toMatchObject({ status: 202, text: '{"status":"ignored","reason":"ping"}' })
})

it('lets a handler answer in its own way', async () => {
  const { url } = await start([
    { path: '/relay', handle: () => ({ status: 200, body: '' }) },
    { path: '/callback/*', methods: ['POST', 'PUT'], handle: ({ rest }) => ({ json: { rest } }) },
    {
      path: '/hook',
      methods: ['POST', 'OPTIONS'],
      handle: ({ method }) => ({ ...accepted(), headers: { 'X-M': method } }),
    },
  ])

  expect(await send(url, { path: '/relay' })).toMatchObject({ status: 200, text: '' })
  expect(await send(url, { path: '/callback/cdr-1', method: 'PUT' })).toMatchObject({
    text: '{"rest":"cdr-1"}',
  })
  expect((await send(url, { path: '/hook', method: 'OPTIONS' })).headers).toMatchObject({ 'x-m': 'OPTIONS' })
})

it('answers on health_path', async () => {
  const { url } = await start(() => undefined, { health_path: '/up' })

  expect(await send(url, { path: '/up', method: 'GET' })).toMatchObject({
    status: 200,
    text: '{"text":"crane receiver is healthy"}',
  })
})

describe('table of section 13', () => {
  const fails =
    (thrown: unknown): SourceHandler =>
    () =>
      Promise.reject(thrown)

  it.each([
    ['undecodable body', ((received) => void received.json()) satisfies SourceHandler, 400, 'INVALID_JSON'],
    [
      'missing mandatory field',
      fails(new PermanentError('FIELD', 'id is missing', { grpcStatus: 3 })),
      400,
      'FIELD',
    ],
    [
      'wrong signature',
      fails(new HttpFault(401, 'SIGNATURE_WRONG', 'The signature is wrong.')),
      401,
      'SIGNATURE_WRONG',
    ],
    ['refused, retryable', fails(new RetryableError('QUEUE_FULL', 'The queue is full.')), 503, 'QUEUE_FULL'],
    ['refused, permanent', fails(new PermanentError('REFUSED', 'No.')), 500, 'REFUSED'],
    ['shutting down', fails(new ShutdownError()), 503, 'SHUTDOWN'],
    ['a fault of the program', fails(new TypeError('x of undefined')), 503, 'INTERNAL_ERROR'],
  ] as const)('%s', async (_case, handle, status, code) => {
    const { url } = await start(handle)

    const answer = await send(url, { body: '{"secret": hunter2' })

    expect(answer.status).toBe(status)
    expect(answer.headers['retry-after'] !== undefined).toBe(status === 503)
    expect(JSON.parse(answer.text)).toMatchObject({ code, error: expect.any(String) })
    expect(answer.text).not.toMatch(/hunter2|of undefined/)
  })

  it('unknown path, wrong method, wrong media type, too large', async () => {
    const route = { path: '/events', mediaTypes: ['application/json'], handle: () => undefined }
    const { url } = await start([route], { max_request_body_size: 100 })
    const json = { 'content-type': 'application/json' }

    expect(await send(url, { path: '/else' })).toMatchObject({ status: 404 })
    expect(await send(url, { method: 'GET' })).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    expect(await send(url, { headers: { 'content-type': 'text/xml' } })).toMatchObject({ status: 415 })
    expect(await send(url)).toMatchObject({ status: 415 })
    expect(await send(url, { headers: json, body: Buffer.alloc(101) })).toMatchObject({ status: 413 })
    expect(await send(url, { headers: json })).toMatchObject({ status: 200 })
  })

  it('missing or wrong required header', async () => {
    const { url } = await start(() => undefined, { required_headers: { 'X-Token': 's3cret' } })

    const missing = await send(url)
    const wrong = await send(url, { headers: { 'x-token': 'other' } })

    expect(missing).toMatchObject({ status: 401, text: expect.stringContaining('X-Token') })
    expect(wrong.status).toBe(401)
    expect(missing.text + wrong.text).not.toContain('s3cret')
    expect((await send(url, { headers: { 'X-Token': 's3cret' } })).status).toBe(200)
  })
})

describe('hostile bodies', () => {
  it('refuses 100,000 levels of JSON with 400', async () => {
    const { url } = await start((received) => void received.json())

    expect((await send(url, { body: '['.repeat(100_000) })).status).toBe(400)
    expect((await send(url, { body: Buffer.from([0x22, 0xff, 0x22]) })).status).toBe(400)
    expect((await send(url)).status).toBe(200)
  })
})

it('counts what failed before the pipeline saw it, and not what the pipeline refused', async () => {
  const failed: unknown[] = []
  const telemetry = testTelemetry()
  const accounting = { ...telemetry.accounting, failed: (...what: unknown[]) => void failed.push(what) }
  const config = parseConfig(schema, { endpoint: '127.0.0.1:0', path: '/events' })
  const source = httpSource(
    { id: 'crane', config, telemetry: { ...telemetry, accounting }, clock: systemClock },
    (received) => {
      received.json()
      throw new RetryableError('FULL', 'Full.')
    },
  )
  running.push(source)
  await source.start(testHost())
  const url = source.url ?? new URL('http://nowhere')

  await send(url, { body: '{}' })
  await send(url, { path: '/scanned' })
  expect(failed).toEqual([])
  await send(url, { body: '{' })
  expect(failed).toEqual([[0, 'http']])
})

it('logs a fault of the program once per interval, and an expected refusal not as an error', async () => {
  const { url, telemetry } = await start(({ query }) => {
    if (query.has('bug')) throw new TypeError('bug')
    throw new RetryableError('FULL', 'Full.')
  })

  for (const path of ['/events?bug', '/events?bug', '/events', '/events']) await send(url, { path })

  expect(telemetry.logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
})
