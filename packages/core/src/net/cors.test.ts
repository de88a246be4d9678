import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'

import { type CorsConfig, createCors } from './cors.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function ask(
  config: Partial<CorsConfig>,
  method: 'OPTIONS' | 'POST',
  headers: Record<string, string>,
): Promise<{ preflight: boolean; headers: Record<string, unknown> }> {
  const cors = createCors({ max_age: 0, ...config })
  let preflight = false
  const server = createServer((received, response) => {
    preflight = cors?.apply({ method: received.method ?? '', headers: received.headers }, response) ?? false
    response.end()
  }).listen(0, '127.0.0.1')
  closers.push(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answer = await request(`http://127.0.0.1:${port}/`, { method, headers, reset: true })
  await answer.body.dump()
  return { preflight, headers: answer.headers }
}

const preflight = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' }
const allowOrigin = 'access-control-allow-origin'

it('is off while no origin is allowed', () => {
  expect(createCors(undefined)).toBeUndefined()
  expect(createCors({ max_age: 0, allowed_origins: [] })).toBeUndefined()
})

describe('preflight', () => {
  it('allows an origin that fits a wildcard, with credentials and the asked headers', async () => {
    const answer = await ask({ allowed_origins: ['https://*.example.com'], max_age: 600 }, 'OPTIONS', {
      ...preflight,
      'access-control-request-headers': 'content-type, X-Requested-With',
    })

    expect(answer.preflight).toBe(true)
    expect(answer.headers).toMatchObject({
      [allowOrigin]: 'https://app.example.com',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, x-requested-with',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '600',
    })
  })

  it.each([
    ['another origin', ['https://other.com'], {}],
    ['an origin that only contains the pattern', ['example.com'], {}],
    ['a dot that is not a dot', ['https://appXexample.com'], {}],
    ['a header that is not allowed', ['*'], { 'access-control-request-headers': 'x-secret' }],
    ['a method that no server takes', ['*'], { 'access-control-request-method': 'DELETE' }],
  ])('is answered without consent for %s', async (_case, allowed_origins, more) => {
    const answer = await ask({ allowed_origins }, 'OPTIONS', { ...preflight, ...more })

    expect(answer.preflight).toBe(true)
    expect(answer.headers).not.toHaveProperty(allowOrigin)
  })

  it('allows any header with a star, and configured ones without regard to case', async () => {
    const asked = { ...preflight, 'access-control-request-headers': 'x-own' }

    const star = await ask({ allowed_origins: ['*'], allowed_headers: ['*'] }, 'OPTIONS', asked)
    const named = await ask({ allowed_origins: ['*'], allowed_headers: ['X-Own'] }, 'OPTIONS', asked)

    expect(star.headers).toMatchObject({ [allowOrigin]: '*', 'access-control-allow-headers': 'x-own' })
    expect(named.headers).toMatchObject({ 'access-control-allow-headers': 'x-own' })
  })
})

it('marks an actual request for the browser and lets it go on', async () => {
  const config = { allowed_origins: ['https://app.example.com'], exposed_headers: ['X-Id', 'X-Other'] }

  const allowed = await ask(config, 'POST', { origin: 'https://app.example.com' })
  const other = await ask(config, 'POST', { origin: 'https://evil.example.com' })

  expect(allowed.preflight).toBe(false)
  expect(allowed.headers).toMatchObject({
    [allowOrigin]: 'https://app.example.com',
    'access-control-expose-headers': 'X-Id, X-Other',
    vary: 'Origin',
  })
  expect(other.headers).not.toHaveProperty(allowOrigin)
  expect(other.headers).toMatchObject({ vary: 'Origin' })
})

it('leaves an OPTIONS request that is no preflight to the handler', async () => {
  expect((await ask({ allowed_origins: ['*'] }, 'OPTIONS', {})).preflight).toBe(false)
})
