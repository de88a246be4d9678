import { createHmac } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { type CallbackTime, createKit, type Kit, type KitOptions } from '../src/index.ts'
import { recordingServer } from './recording-server.ts'

const seed =
  '{"rID":"2021-03-13 00:32:04.942046#UP57RxE","operation":"categoriesInfo","__headers__":{"trace-id":"c0a8017f6f2c4d98bd70a35c90f1f01","span-id":"7b9a3d3c4e2f1a90"}}'

/** A clock that moves only by sleeping. */
function dreamTime(): CallbackTime & { readonly slept: readonly number[] } {
  let now = 0
  const slept: number[] = []
  return {
    slept,
    now: () => now,
    async sleep(ms) {
      now += ms
      slept.push(ms)
    },
  }
}

function kitFor(url: string, callback: KitOptions['callback'] = {}, time = dreamTime()): Kit {
  return createKit({
    openTelemetry: false,
    time,
    callback: { url: `${url}/callback/{operation}`, ...callback },
  })
}

const command = (operation: string): string =>
  JSON.stringify({ rID: 'r', operation, __headers__: { 'trace-id': 't' } })

describe('callback', () => {
  it('refuses headers that cannot be sent at once, and says nothing of their values', async () => {
    await using upstream = await recordingServer()
    const time = dreamTime()
    const kit = kitFor(upstream.url, {}, time)
    const sending = kit.run(seed, () => kit.callback({}, { headers: { 'X-Key': 'secret\r\nX-Other: 1' } }))
    const error: unknown = await sending.catch((fault: unknown) => fault)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).not.toContain('secret')
    expect([upstream.requests, time.slept]).toEqual([[], []])
  })

  it('K03: sends the header without help of the caller', async () => {
    await using upstream = await recordingServer()
    const kit = kitFor(upstream.url)
    const spanId = await kit.run(seed, async () => {
      await kit.callback({ categories: [] })
      return kit.current()?.spanId
    })
    const [request] = upstream.requests
    expect(request).toMatchObject({
      path: '/callback/categoriesInfo',
      headers: {
        'trace-id': 'c0a8017f6f2c4d98bd70a35c90f1f01',
        'span-id': spanId,
        'parent-span-id': '7b9a3d3c4e2f1a90',
        'content-type': 'application/json',
      },
    })
    expect(JSON.parse(String(request?.body))).toEqual({
      rID: '2021-03-13 00:32:04.942046#UP57RxE',
      categories: [],
    })
    expect(request?.rawHeaders.filter((name) => name.toLowerCase() === 'trace-id')).toHaveLength(1)
  })

  it('sends bytes and text as they are, signed over these bytes', async () => {
    await using upstream = await recordingServer()
    const sign = { header: 'signature', secret: 'test-secret' }
    const kit = kitFor(upstream.url, { sign, spanHeaders: false, headers: { restoId: 'resto-1' } })
    const body = '{ "rID" : "r",  "sum":1.0 }'
    await kit.run(command('getBill'), async () => {
      await kit.callback(body)
      await kit.callback(Buffer.from(body))
    })
    for (const request of upstream.requests) {
      expect(String(request.body)).toBe(body)
      expect(request.headers).toMatchObject({
        restoid: 'resto-1',
        'trace-id': 't',
        signature: createHmac('sha256', 'test-secret').update(body).digest('base64'),
      })
      expect(request.headers).not.toHaveProperty('span-id')
    }
    expect(upstream.requests).toHaveLength(2)
  })

  it('keeps an rID of the caller, and wraps nothing that is no object', async () => {
    await using upstream = await recordingServer()
    const kit = kitFor(upstream.url)
    await kit.run(command('x'), async () => {
      for (const result of [{ rID: 'mine' }, [1], undefined, null]) await kit.callback(result)
    })
    expect(upstream.requests.map(({ body }) => String(body))).toEqual([
      '{"rID":"mine"}',
      '[1]',
      '{"rID":"r"}',
      '{"rID":"r"}',
    ])
  })

  it('repeats the same request after 429, 5xx and cut connections, and obeys Retry-After', async () => {
    await using upstream = await recordingServer([
      { status: 503 },
      'cut',
      { status: 429, headers: { 'retry-after': '7' } },
    ])
    const time = dreamTime()
    const kit = kitFor(upstream.url, {}, time)
    const result = await kit.run(seed, async () => kit.callback({ ok: true }))
    expect(result).toMatchObject({ status: 200, body: '{}', attempts: 4 })
    expect(time.slept).toEqual([1000, 2000, 7000])
    const [first, ...others] = upstream.requests
    for (const other of others) {
      expect(other.body).toEqual(first?.body)
      expect(other.headers['span-id']).toBe(first?.headers['span-id'])
    }
  })

  it.each([400, 401, 404, 302])('takes %i for the answer', async (status) => {
    await using upstream = await recordingServer([{ status, headers: { location: '/elsewhere' } }])
    const kit = kitFor(upstream.url)
    await expect(kit.run(seed, async () => kit.callback({}))).rejects.toMatchObject({
      code: 'REFUSED',
      status,
      attempts: 1,
    })
    expect(upstream.requests).toHaveLength(1)
  })

  it('gives up at the response timeout', async () => {
    const down = Array.from({ length: 50 }, () => ({ status: 500 }))
    await using upstream = await recordingServer(down)
    const time = dreamTime()
    const kit = kitFor(upstream.url, {}, time)
    await expect(kit.run(seed, async () => kit.callback({}))).rejects.toMatchObject({
      code: 'EXHAUSTED',
      status: 500,
    })
    expect(time.now()).toBeLessThanOrEqual(80_000)
    expect(time.slept).toEqual([1000, 2000, 4000, 8000, 16_000, 16_000, 16_000, 16_000])
  })

  it('tries once without retry', async () => {
    await using upstream = await recordingServer([{ status: 500 }])
    const kit = kitFor(upstream.url, { retry: false })
    await expect(kit.run(seed, async () => kit.callback({}))).rejects.toMatchObject({ attempts: 1 })
  })

  it('encodes the operation as one segment and never climbs', async () => {
    await using upstream = await recordingServer()
    const kit = kitFor(upstream.url)
    await kit.run(command('../admin?x=1#y'), async () => kit.callback({}))
    expect(upstream.requests[0]?.path).toBe('/callback/..%2Fadmin%3Fx%3D1%23y')
    for (const operation of ['.', '..', '\ud800']) {
      await expect(kit.run(command(operation), async () => kit.callback({}))).rejects.toMatchObject({
        code: 'INVALID_OPERATION',
      })
    }
    expect(upstream.requests).toHaveLength(1)
  })

  it('puts no id into a header that would break out of it', async () => {
    await using upstream = await recordingServer()
    const kit = kitFor(upstream.url)
    const hostile = JSON.stringify({
      operation: 'x',
      __headers__: { 'trace-id': 'a\r\nevil: 1', 'span-id': 'b\nc' },
    })
    await kit.run(hostile, async () => kit.callback({}))
    expect(upstream.requests[0]?.headers).not.toHaveProperty('trace-id')
    expect(upstream.requests[0]?.headers).not.toHaveProperty('evil')
    expect(upstream.requests[0]?.headers).not.toHaveProperty('parent-span-id')
  })

  it('stops when the caller does', async () => {
    await using upstream = await recordingServer([{ status: 500 }])
    const kit = kitFor(upstream.url)
    const signal = AbortSignal.abort(new Error('The shop closes.'))
    await expect(kit.run(seed, async () => kit.callback({}, { signal }))).rejects.toThrow('The shop closes.')
  })

  it('complains about settings at once', () => {
    expect(() => createKit({ callback: { url: 'ftp://x/{operation}' } })).toThrow(TypeError)
    expect(() => createKit({ callback: { headers: { 'a b': 'x' } } })).toThrow(TypeError)
    expect(() => createKit({ callback: { headers: { a: 'x\r\ny: 1' } } })).toThrow(TypeError)
  })

  it('says that it lacks a URL', async () => {
    const kit = createKit({ openTelemetry: false })
    await expect(kit.run(seed, async () => kit.callback({}))).rejects.toMatchObject({
      code: 'NO_CALLBACK_URL',
    })
  })
})
