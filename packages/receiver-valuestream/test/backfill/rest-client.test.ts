import { messageOf } from '@spanloom/core'
import { type FakeClock, fakeClock } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { RestClient, type RestClientOptions } from '../../src/backfill/index.ts'
import { type ApiServer, type Fault, startApi } from './api-server.ts'

const token = 'ghp_secret0123456789'

interface Setup {
  readonly client: RestClient
  readonly waits: readonly (readonly [ms: number, reason: string])[]
  readonly clock: FakeClock
}

/** A client whose waits are over at once: the clock is moved on by as much as it wants to wait. */
function setup(api: Pick<ApiServer, 'url'>, more: Partial<RestClientOptions> = {}): Setup & AsyncDisposable {
  const waits: (readonly [number, string])[] = []
  const clock = fakeClock(Date.UTC(2026, 0, 1))
  const client = new RestClient({
    apiUrl: api.url,
    headers: { authorization: `Bearer ${token}` },
    clock,
    signal: new AbortController().signal,
    random: () => 1,
    onWait(ms, reason) {
      waits.push([ms, reason])
      setImmediate(() => void clock.advance(ms))
    },
    ...more,
  })
  return { client, waits, clock, [Symbol.asyncDispose]: () => client.close() }
}

const status = (code: number, headers: Readonly<Record<string, string>> = {}, body = '{}'): Fault => ({
  status: code,
  headers,
  body,
})
const reset = String(Date.UTC(2026, 0, 1) / 1000 + 120)

describe('a request that meets', () => {
  it.each([
    ['429 with a time', status(429, { 'retry-after': '7' }), [[8_000, 'rate_limit']]],
    ['429 with nothing', status(429), [[61_000, 'rate_limit']]],
    [
      'an exhausted limit',
      status(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }),
      [[121_000, 'rate_limit']],
    ],
    [
      'the limit of GitLab',
      status(429, { 'ratelimit-reset': reset, 'ratelimit-remaining': '0' }),
      [[121_000, 'rate_limit']],
    ],
    [
      'the limit of Jira',
      status(429, { 'x-ratelimit-reset': '2026-01-01T00:00:30Z' }),
      [[31_000, 'rate_limit']],
    ],
    [
      'a secondary limit',
      status(403, {}, '{"message":"You have exceeded a secondary rate limit."}'),
      [[60_000, 'secondary_limit']],
    ],
    [
      'a secondary limit with a time',
      status(403, { 'retry-after': '30' }, '{"message":"You have exceeded a secondary rate limit."}'),
      [[31_000, 'secondary_limit']],
    ],
    ['502', status(502), [[1_000, 'failure']]],
    ['a connection that is reset', 'reset', [[1_000, 'failure']]],
    ['a body that is cut off', 'truncated', [[1_000, 'failure']]],
    ['half a document', 'half a body', [[1_000, 'failure']]],
  ] as const)('%s waits and is made again', async (_, fault, expected) => {
    await using api = await startApi({ '/things': [{ id: 1 }] })
    await using run = setup(api)
    api.faults.push(fault)

    const { value } = await run.client.get('/things')

    expect(value).toEqual([{ id: 1 }])
    expect(run.waits).toEqual(expected)
    expect(api.requests).toHaveLength(2)
  })

  it('no answer at all is given up after its time and made again', async () => {
    await using api = await startApi({ '/things': [] })
    await using run = setup(api)
    api.faults.push('hang')
    api.onHang = () => void run.clock.advance(60_000)

    expect((await run.client.get('/things')).value).toEqual([])
    expect(run.waits).toEqual([[1_000, 'failure']])
  })

  it('one failure after the other waits longer and longer, and ends with an error that says what to do', async () => {
    await using api = await startApi({})
    await using run = setup(api, { maxFailures: 4 })
    api.faults.push(status(502), 'reset', status(503), status(500))

    await expect(run.client.get('/things?q=private')).rejects.toMatchObject({
      code: 'API_FAILED',
      message: expect.stringMatching(/failed 4 times: the API answered 500$/),
      hint: expect.stringContaining('--resume'),
    })
    expect(run.waits.map(([ms]) => ms)).toEqual([1_000, 2_000, 4_000])
  })

  it.each([
    [401, 'UNAUTHORIZED'],
    [403, 'UNAUTHORIZED'],
    [404, 'NOT_FOUND'],
    [422, 'API_REFUSED'],
  ])('%d is not made again', async (code, name) => {
    await using api = await startApi({})
    await using run = setup(api)
    api.faults.push(status(code))
    await expect(run.client.get('/things')).rejects.toMatchObject({ code: name })
    expect(api.requests).toHaveLength(1)
  })
})

it('waits before the next request when nothing is left of the limit', async () => {
  await using api = await startApi(() => ({
    body: [],
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
  }))
  await using run = setup(api)
  await run.client.get('/a')
  expect(run.waits).toEqual([])
  await run.client.get('/b')
  expect(run.waits).toEqual([[121_000, 'rate_limit']])
})

it('stops waiting when it is told to', async () => {
  await using api = await startApi({})
  const stop = new AbortController()
  await using run = setup(api, { signal: stop.signal, onWait: () => stop.abort(new Error('Enough.')) })
  api.faults.push(status(429))
  await expect(run.client.get('/things')).rejects.toThrow('Enough.')
})

describe('the token', () => {
  it('goes with a redirect within the API, and nowhere else', async () => {
    await using elsewhere = await startApi({ '/things': [] })
    await using api = await startApi({ '/moved': ['here'] })
    await using run = setup(api)
    api.faults.push(status(301, { location: '/moved' }))
    expect((await run.client.get('/things')).value).toEqual(['here'])

    for (const location of [`${elsewhere.url}/things`, '//example.com/things', 'file:///etc/passwd']) {
      api.faults.push(status(302, { location }))
      const error: unknown = await run.client.get('/things').catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'FOREIGN_ADDRESS' })
      expect(messageOf(error)).not.toContain(token)
    }
    expect(elsewhere.requests).toEqual([])
  })

  it('goes to no page that a link names elsewhere', async () => {
    await using elsewhere = await startApi({ '/things': [] })
    await using api = await startApi(() => ({
      body: [],
      headers: { link: `<${elsewhere.url}/things?page=2>; rel="next"` },
    }))
    await using run = setup(api)
    await expect(run.client.get('/things')).rejects.toMatchObject({ code: 'FOREIGN_ADDRESS' })
    expect(elsewhere.requests).toEqual([])
  })

  it('stands in no error and in no address of a next page', async () => {
    await using api = await startApi((url) => ({
      body: [],
      headers: { link: `<http://${url.host}/things>; rel="next"` },
    }))
    await using run = setup(api, { maxFailures: 1 })
    api.faults.push(status(500, {}, token))
    const error: unknown = await run.client.get('/things').catch((caught: unknown) => caught)
    expect(JSON.stringify(error) + messageOf(error)).not.toContain(token)

    await using linking = await startApi({ '/p': [[], []] })
    await using other = setup(linking)
    const { next } = await other.client.get(`/p?private_token=${token}&per_page=2`)
    expect(next).toBe('/p?per_page=2&page=2')
  })

  it.each([
    'http://github.example.com/api',
    'https://user:pass@github.example.com',
    'ftp://example.com',
    'github.com',
  ])('is not sent to %s', (apiUrl) => {
    expect(() => setup({ url: apiUrl })).toThrow(expect.objectContaining({ code: 'API_URL_INVALID' }))
  })
})

it('ends redirects that go in a circle', async () => {
  await using api = await startApi({})
  await using run = setup(api)
  const around = status(302, { location: '/things' })
  api.faults.push(around, around, around, around)
  await expect(run.client.get('/things')).rejects.toMatchObject({ code: 'API_REFUSED' })
})
