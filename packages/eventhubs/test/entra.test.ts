import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { checkConfig } from '@spanloom/core'
import { fakeClock } from '@spanloom/core/testing'
import { expect, it, onTestFinished, vi } from 'vitest'

import { defaultAzureTokens } from '../src/auth/azure-identity.ts'
import { entraTokens } from '../src/auth/entra-tokens.ts'
import { httpTokenCall } from '../src/auth/token-request.ts'
import type { TokenSource } from '../src/auth/token-source.ts'
import { hubAuthSettings, type HubAuthConfig } from '../src/index.ts'

const hubScope = 'https://eventhubs.azure.net//.default'

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, unknown>>
  readonly form: Readonly<Record<string, string>>
}

interface TokenService {
  readonly url: string
  readonly asked: Asked[]
  answer: (asked: Asked) => { readonly status: number; readonly body: unknown }
}

/** Gives tokens as login and identity services do. */
async function startTokenService(): Promise<TokenService> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://service')
      const one = {
        method: request.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
        form: Object.fromEntries(new URLSearchParams(body)),
      }
      asked.push(one)
      const { status, body: text } = service.answer(one)
      response.writeHead(status).end(typeof text === 'string' ? text : JSON.stringify(text))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const service: TokenService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: () => ({ status: 200, body: { access_token: `t${asked.length}`, expires_in: 3600 } }),
  }
  return service
}

function auth(settings: unknown): HubAuthConfig {
  const { config, issues } = checkConfig(
    { type: 'object', properties: { auth: hubAuthSettings } },
    { auth: settings },
  )
  expect(issues).toEqual([])
  return (config as { auth: HubAuthConfig }).auth
}

const tokensOf = (
  settings: unknown,
  env: Readonly<Record<string, string>> = {},
  clock = fakeClock(1_000_000),
): Promise<TokenSource> => entraTokens({ auth: auth(settings), call: httpTokenCall(), clock, env })

const principal = (url: string): unknown => ({
  authority_host: url,
  service_principal: { tenant_id: 'acme', client_id: 'app', client_secret: 'very secret' },
})

it('gets a token for an application with its secret', async () => {
  const service = await startTokenService()
  const tokens = await tokensOf(principal(service.url))
  await expect(tokens.token(hubScope)).resolves.toEqual({ token: 't1', expiresMs: 1_000_000 + 3_600_000 })
  expect(service.asked).toMatchObject([
    {
      method: 'POST',
      path: '/acme/oauth2/v2.0/token',
      form: {
        grant_type: 'client_credentials',
        client_id: 'app',
        client_secret: 'very secret',
        scope: hubScope,
      },
    },
  ])
})

it('gets a token for a workload with the newest content of its file', async () => {
  const service = await startTokenService()
  const directory = await mkdtemp(join(tmpdir(), 'spanloom-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'token')
  const clock = fakeClock()
  const env = { AZURE_TENANT_ID: 'acme', AZURE_CLIENT_ID: 'app', AZURE_FEDERATED_TOKEN_FILE: file }
  const tokens = await tokensOf({ authority_host: service.url, workload_identity: {} }, env, clock)
  await expect(tokens.token(hubScope)).rejects.toMatchObject({ code: 'TOKEN_FAILED' })
  await writeFile(file, 'first\n')
  await tokens.token(hubScope)
  await writeFile(file, 'second\n')
  await clock.advance(3_600_000)
  await tokens.token(hubScope)
  expect(service.asked.map(({ form }) => form['client_assertion'])).toEqual(['first', 'second'])
  expect(service.asked[0]?.form['client_assertion_type']).toBe(
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  )
})

it('gets a token of a managed identity from the app service', async () => {
  const service = await startTokenService()
  service.answer = () => ({ status: 200, body: { access_token: 'm', expires_on: '1700000000' } })
  const env = { IDENTITY_ENDPOINT: `${service.url}/msi/token`, IDENTITY_HEADER: 'proof' }
  const tokens = await tokensOf({ managed_identity: { client_id: 'mine' } }, env)
  await expect(tokens.token(hubScope)).resolves.toEqual({ token: 'm', expiresMs: 1_700_000_000_000 })
  expect(service.asked).toMatchObject([
    {
      method: 'GET',
      path: '/msi/token',
      query: { 'api-version': '2019-08-01', resource: 'https://eventhubs.azure.net', client_id: 'mine' },
      headers: { 'x-identity-header': 'proof' },
    },
  ])
})

it('asks the metadata service of a virtual machine', async () => {
  const asked: unknown[] = []
  const tokens = await entraTokens({
    auth: auth({ managed_identity: {} }),
    call: (request) => {
      asked.push(request)
      return Promise.resolve({ status: 200, body: '{"access_token":"v","expires_in":"86399"}' })
    },
    clock: fakeClock(),
    env: {},
  })
  await tokens.token(hubScope)
  expect(asked).toEqual([
    {
      method: 'GET',
      url: 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Feventhubs.azure.net',
      headers: { metadata: 'true' },
    },
  ])
})

it('keeps a token until it is about to expire, and asks once for all who want it', async () => {
  const service = await startTokenService()
  const clock = fakeClock()
  const tokens = await tokensOf(principal(service.url), {}, clock)
  await Promise.all([tokens.token(hubScope), tokens.token(hubScope), tokens.token(hubScope)])
  await clock.advance(3_600_000 - 5 * 60_000 - 1)
  await tokens.token(hubScope)
  expect(service.asked).toHaveLength(1)
  await clock.advance(1)
  await expect(tokens.token(hubScope)).resolves.toMatchObject({ token: 't2' })
  await tokens.token('https://storage.azure.com/.default')
  expect(service.asked).toHaveLength(3)
})

it('goes on with the old token while the service is away, and only as long as it is good', async () => {
  const service = await startTokenService()
  const clock = fakeClock()
  const tokens = await tokensOf(principal(service.url), {}, clock)
  await tokens.token(hubScope)
  service.answer = () => ({ status: 503, body: 'later' })
  await clock.advance(3_600_000 - 60_000)
  await expect(tokens.token(hubScope)).resolves.toMatchObject({ token: 't1' })
  await clock.advance(60_000)
  await expect(tokens.token(hubScope)).rejects.toMatchObject({ code: 'TOKEN_REFUSED', permanent: false })
})

it.each([
  [
    401,
    { error: 'invalid_client', error_description: 'secret very secret is wrong' },
    'status 401 (invalid_client)',
  ],
  [500, '<html>', 'status 500.'],
  [200, '<html>', 'holds no token'],
  [200, { access_token: '', expires_in: 1 }, 'holds no token'],
])('says what a service answered without quoting it (%i)', async (status, body, text) => {
  const service = await startTokenService()
  service.answer = () => ({ status, body })
  const tokens = await tokensOf(principal(service.url))
  const failure = await tokens.token(hubScope).catch((error: unknown) => error)
  expect(String(failure)).toContain(text)
  expect(String(failure)).not.toContain('very secret')
})

it('uses @azure/identity where it is installed, and says what is missing where it is not', async () => {
  const getToken = vi.fn<() => Promise<unknown>>(() => Promise.resolve({ token: 'd', expiresOnTimestamp: 5 }))
  class DefaultAzureCredential {
    getToken = getToken
  }
  const tokens = await defaultAzureTokens(() => Promise.resolve({ DefaultAzureCredential }))
  await expect(tokens.token(hubScope)).resolves.toEqual({ token: 'd', expiresMs: 5 })
  expect(getToken).toHaveBeenCalledWith(hubScope, {})
  await expect(tokensOf({ use_default: true })).rejects.toMatchObject({
    name: 'StartError',
    code: 'AUTH_MISSING',
  })
})

it('says at the start what a workload lacks', async () => {
  await expect(tokensOf({ workload_identity: {} })).rejects.toThrow('auth.workload_identity.tenant_id')
})
