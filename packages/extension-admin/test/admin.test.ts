import { request as plainRequest, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'

import { systemClock, type CollectorView, type ReloadOutcome } from '@spanloom/core'
import {
  createComponent,
  testExtensionContract,
  testHost,
  testTaps,
  testTelemetry,
  type TestTelemetry,
} from '@spanloom/core/testing'
import { afterEach, describe, expect, it } from 'vitest'

import { adminExtension, type AdminServer } from '../src/index.ts'

const running: AdminServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.shutdown(AbortSignal.abort())
})

testExtensionContract(adminExtension, { config: { endpoint: '127.0.0.1:0' } })

const books = {
  kind: 'exporter',
  id: 'otlp_http/<b>',
  pipelines: ['traces'],
  in: 5,
  out: 3,
  refused: 0,
  failed: 0,
  dropped: { send_failed: 1 },
  merged: 0,
  created: 0,
  held: 1,
  kept: 0,
  inFlight: 0,
  balanced: true,
} as const

const success: ReloadOutcome = {
  outcome: 'success',
  everything: false,
  restarted: ['exporter:otlp_http'],
  started: [],
  stopped: [],
}

const failure: ReloadOutcome = {
  outcome: 'failure',
  message: 'The configuration has a fault.',
  issues: [{ file: 'a.yaml', line: 3, column: 2, path: 'receivers', code: 'unknown_key', message: 'no' }],
}

function view(parts: Partial<CollectorView> = {}): CollectorView {
  return {
    components: () => [
      {
        kind: 'exporter',
        id: 'otlp_http/<b>',
        pipelines: ['traces'],
        status: { kind: 'RecoverableError', error: new Error('<script>alert(1)</script>'), at: 0 },
      },
      { kind: 'extension', id: 'admin', pipelines: [], status: { kind: 'OK', at: 0 } },
    ],
    redactedConfig: () => ({ exporters: { otlp_http: { headers: { authorization: '[REDACTED]' } } } }),
    onStatus: () => () => undefined,
    accounting: () => [books],
    pipelines: () => [{ id: 'traces', receivers: ['otlp'], processors: [], exporters: ['otlp_http/<b>'] }],
    ...testTaps(),
    reload: () => Promise.resolve(success),
    ...parts,
  }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Started {
  readonly server: AdminServer
  readonly telemetry: TestTelemetry
  readonly host: string
  /** Asks with exactly these headers, as a program does that is no browser. */
  readonly ask: (
    path: string,
    options?: { method?: string; headers?: Record<string, string>; host?: string },
  ) => Promise<Answer>
}

async function start(config: object = {}, collector: CollectorView = view()): Promise<Started> {
  const telemetry = testTelemetry()
  const server = createComponent(
    adminExtension,
    { endpoint: '127.0.0.1:0', ...config },
    { collector, clock: systemClock, telemetry },
  )
  running.push(server)
  await server.start(testHost())
  const { host = '', port = '' } = server.url ?? {}
  return {
    server,
    telemetry,
    host,
    ask: async (path, options = {}) => {
      const sent = plainRequest({
        host: '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        headers: { host: options.host ?? host, ...options.headers },
        agent: false,
      })
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      sent.on('error', reject)
      sent.on('response', (response) => {
        void text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          reject,
        )
      })
      sent.end()
      return promise
    },
  }
}

describe('what it shows', () => {
  it('is the books of every component', async () => {
    const { ask } = await start()
    const { status, headers, body } = await ask('/api/accounting')
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(body)).toEqual({ balanced: true, components: [books] })
  })

  it('is the status of every component', async () => {
    const { ask } = await start()
    expect(JSON.parse((await ask('/api/components')).body)).toEqual({
      components: [
        {
          kind: 'exporter',
          id: 'otlp_http/<b>',
          pipelines: ['traces'],
          status: 'RecoverableError',
          since: '1970-01-01T00:00:00.000Z',
          error: '<script>alert(1)</script>',
        },
        { kind: 'extension', id: 'admin', pipelines: [], status: 'OK', since: '1970-01-01T00:00:00.000Z' },
      ],
    })
  })

  it('is the pipelines and the configuration without secrets', async () => {
    const { ask } = await start()
    expect(JSON.parse((await ask('/api/pipelines')).body)).toEqual({ pipelines: view().pipelines() })
    expect(JSON.parse((await ask('/api/config')).body)).toEqual(view().redactedConfig())
  })

  it.each(['/', '/debug/servicez', '/debug/pipelinez', '/debug/extensionz'])(
    'is a page at %s that shows names and errors as text',
    async (path) => {
      const { ask } = await start()
      const { status, headers, body } = await ask(path)
      expect(status).toBe(200)
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(body).toMatch(/^<!doctype html>/)
      expect(body).not.toContain('<script>')
      expect(body).not.toContain('otlp_http/<b>')
    },
  )

  it('says on the first page which books do not close', async () => {
    const { ask } = await start({}, view({ accounting: () => [{ ...books, in: 9, balanced: false }] }))
    expect((await ask('/')).body).toContain('<span class="bad">no</span>')
    expect(JSON.parse((await ask('/api/accounting')).body)).toMatchObject({ balanced: false })
  })

  it('is guarded by headers: nothing is run, framed, kept or open to other origins', async () => {
    const { ask } = await start()
    const { headers } = await ask('/', { headers: { origin: 'http://localhost' }, host: 'localhost' })
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-/),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it.each([
    ['/nothing', 'GET', 404],
    ['/api/config', 'POST', 405],
    ['/api/config', 'DELETE', 405],
    ['/-/reload', 'GET', 405],
    ['/', 'HEAD', 200],
  ])('answers %s %s with %i', async (path, method, status) => {
    const { ask } = await start()
    expect((await ask(path, { method })).status).toBe(status)
  })

  it('hides faults of its own', async () => {
    const fails = view({
      accounting: () => {
        throw new TypeError('a secret detail')
      },
    })
    const { ask, telemetry } = await start({}, fails)
    const { status, body } = await ask('/api/accounting')
    expect([status, body]).toEqual([500, '{"error":"internal error"}\n'])
    expect(telemetry.logger.lines.some(({ level }) => level === 'error')).toBe(true)
  })
})

describe('a reload', () => {
  it('is answered with 200 and what was done', async () => {
    const { ask } = await start()
    const { status, body } = await ask('/-/reload', { method: 'POST' })
    expect([status, JSON.parse(body)]).toEqual([200, success])
  })

  it('is answered with 400 and all faults', async () => {
    const { ask } = await start({}, view({ reload: () => Promise.resolve(failure) }))
    const { status, body } = await ask('/-/reload', { method: 'POST' })
    expect([status, JSON.parse(body)]).toEqual([400, failure])
  })

  it('is answered with 501 where there is nothing to read again', async () => {
    const { reload: _, ...fixed } = view()
    const { ask } = await start({}, fixed)
    expect((await ask('/-/reload', { method: 'POST' })).status).toBe(501)
  })
})

describe('a name that is not ours (DNS rebinding)', () => {
  it.each(['localhost', 'LOCALHOST:55679', '127.0.0.1', '127.9.9.9:1', '[::1]:55679'])(
    'is not %s',
    async (host) => {
      const { ask } = await start()
      expect((await ask('/api/config', { host })).status).toBe(200)
    },
  )

  it.each([
    'attacker.example',
    'attacker.example:55679',
    '127.0.0.1.attacker.example',
    'localhost.attacker.example',
    'localhost@attacker.example',
    '10.0.0.1',
    '[::2]',
    '::1',
    'local host',
  ])('is %s', async (host) => {
    const { ask } = await start()
    const { status, body } = await ask('/api/config', { host })
    expect(status).toBe(403)
    expect(body).not.toContain('exporters')
  })

  it('is refused also for changes, before anything else is looked at', async () => {
    let reloads = 0
    const { ask } = await start(
      { token: 'secret' },
      view({ reload: () => (reloads++, Promise.resolve(success)) }),
    )
    const headers = { authorization: 'Bearer secret' }
    expect((await ask('/-/reload', { method: 'POST', host: 'attacker.example', headers })).status).toBe(403)
    expect(reloads).toBe(0)
  })

  it('is ours when it is configured, as the host of the endpoint or beside it', async () => {
    const { ask } = await start({ allowed_hosts: ['Admin.Internal'] })
    expect((await ask('/api/config', { host: 'admin.internal:80' })).status).toBe(200)
    expect((await ask('/api/config', { host: 'other.internal' })).status).toBe(403)
  })
})

describe('a page of another origin', () => {
  it.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    { origin: 'https://attacker.example' },
    { origin: 'null' },
    { origin: 'http://localhost:1' },
  ])('gets nothing: %j', async (headers) => {
    const { ask } = await start()
    for (const [path, method] of [
      ['/api/config', 'GET'],
      ['/-/reload', 'POST'],
    ] as const) {
      expect((await ask(path, { method, headers: { ...headers } })).status).toBe(403)
    }
  })

  it.each([{}, { 'sec-fetch-site': 'none' }, { 'sec-fetch-site': 'same-origin' }])(
    'is not who types the address or is on our page: %j',
    async (headers) => {
      const { ask } = await start()
      expect((await ask('/', { headers: { ...headers } })).status).toBe(200)
    },
  )

  it('is not our own', async () => {
    const { ask, host } = await start()
    const headers = { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
    expect((await ask('/-/reload', { method: 'POST', headers })).status).toBe(200)
  })

  it('gets no answer to a preflight', async () => {
    const { ask } = await start({ cors: { allowed_origins: ['*'] } })
    const { status, headers } = await ask('/-/reload', {
      method: 'OPTIONS',
      headers: { origin: 'https://attacker.example', 'access-control-request-method': 'POST' },
    })
    expect(status).toBe(403)
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('with a token', () => {
  it.each([
    [{}, 401],
    [{ authorization: 'Bearer wrong' }, 401],
    [{ authorization: 'Basic c2VjcmV0' }, 401],
    [{ authorization: 'secret' }, 401],
    [{ authorization: 'bearer secret' }, 200],
    [{ authorization: 'Bearer secret' }, 200],
  ])('a change with %j is answered with %i', async (headers, status) => {
    const { ask } = await start({ token: 'secret' })
    const answer = await ask('/-/reload', { method: 'POST', headers: { ...headers } })
    expect(answer.status).toBe(status)
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
  })

  it('reading needs none', async () => {
    const { ask } = await start({ token: 'secret' })
    expect((await ask('/api/accounting')).status).toBe(200)
  })
})

it('starts at the port of the reference for its pages', () => {
  const server = createComponent(adminExtension, {})
  expect(server.url).toBeUndefined()
})
