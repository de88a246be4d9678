import type { CollectorView, ComponentStatus, StatusKind } from '@spanloom/core'
import { createComponent, fakeClock, testHost, testTaps, type FakeClock } from '@spanloom/core/testing'
import { afterEach, describe, expect, test } from 'vitest'

import { healthCheckExtension, type HealthCheck } from '../src/index.ts'

const running: HealthCheck[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.shutdown(new AbortController().signal)))
})

interface Started {
  readonly extension: HealthCheck
  readonly clock: FakeClock
  readonly get: (path: string) => Promise<{ status: number; type: string | null; text: string }>
}

async function started(
  config: Readonly<Record<string, unknown>>,
  { id, collector }: { id?: string; collector?: CollectorView } = {},
): Promise<Started> {
  const clock = fakeClock(Date.UTC(2026, 7, 21))
  const any = { endpoint: 'localhost:0' }
  const extension = createComponent(
    healthCheckExtension,
    { ...any, ...config, http: { ...any, ...Object(config['http']) } },
    { clock, ...(id === undefined ? {} : { id }), ...(collector === undefined ? {} : { collector }) },
  )
  running.push(extension)
  await extension.start(testHost())
  return {
    extension,
    clock,
    async get(path) {
      const response = await fetch(new URL(path, extension.url))
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        text: await response.text(),
      }
    },
  }
}

describe('plain mode (11.1)', () => {
  test('says 503 while starting, 200 while running and 503 while stopping (vector 41)', async () => {
    const { extension, clock, get } = await started({})

    expect((await get('/')).status).toBe(503)
    extension.ready?.()
    await clock.advance(90_000)
    const answer = await get('/')
    expect(answer).toMatchObject({ status: 200, type: 'application/json' })
    expect(JSON.parse(answer.text)).toEqual({
      status: 'Server available',
      upSince: '2026-08-21T00:00:00.000Z',
      uptime: '1m30s',
    })
    extension.notReady?.()
    const after = await get('/any/path')
    expect(after.status).toBe(503)
    expect(JSON.parse(after.text)).toMatchObject({ status: 'Server not available' })
  })

  test('answers at its own path and with its own bodies', async () => {
    const { extension, get } = await started({
      path: '/health',
      response_body: { healthy: 'fine', unhealthy: 'wait' },
    })
    expect(await get('/health')).toMatchObject({ status: 503, text: 'wait' })
    extension.ready?.()
    expect(await get('/health')).toMatchObject({ status: 200, text: 'fine' })
    expect((await get('/')).status).toBe(404)
  })

  test('has /livez and /readyz beside it', async () => {
    const { extension, get } = await started({})
    expect([(await get('/livez')).status, (await get('/readyz')).status]).toEqual([200, 503])
    extension.ready?.()
    expect([(await get('/livez')).status, (await get('/readyz')).status]).toEqual([200, 200])
  })
})

function view(
  ...parts: readonly [kind: ComponentStatus['kind'], id: string, status: StatusKind, at?: number][]
): CollectorView {
  const components = parts.map(([kind, id, status, at = 0]): ComponentStatus => ({
    kind,
    id,
    pipelines: kind === 'extension' ? [] : id.startsWith('b') ? ['traces/b'] : ['traces/a'],
    status: { kind: status, at, ...(status.endsWith('Error') ? { error: new Error(`${id} broke`) } : {}) },
  }))
  return {
    components: () => components,
    accounting: () => [],
    pipelines: () => [],
    ...testTaps(),
    redactedConfig: () => ({ exporters: { otlp: { headers: { authorization: '[REDACTED]' } } } }),
    onStatus: () => () => undefined,
  }
}

describe('detailed mode (11.2)', () => {
  const codeFor = async (status: StatusKind, component_health: object = {}): Promise<number> => {
    const { get } = await started(
      { use_v2: true, component_health },
      { collector: view(['receiver', 'a', status]) },
    )
    return (await get('/status')).status
  }

  test.each([
    ['None', 503],
    ['Starting', 503],
    ['OK', 200],
    ['RecoverableError', 200],
    ['PermanentError', 200],
    ['FatalError', 500],
    ['Stopping', 503],
    ['Stopped', 503],
  ] as const)('answers %s with %i', async (status, code) => {
    expect(await codeFor(status)).toBe(code)
  })

  test('counts permanent errors only if told to', async () => {
    expect(await codeFor('PermanentError', { include_permanent_errors: true })).toBe(500)
  })

  test('counts a recoverable error, if told to, once it has lasted for recovery_duration', async () => {
    const since = Date.UTC(2026, 7, 21)
    const { clock, get } = await started(
      { use_v2: true, component_health: { include_recoverable_errors: true, recovery_duration: '1m' } },
      { collector: view(['exporter', 'a', 'RecoverableError', since]) },
    )
    await clock.advance(59_999)
    expect((await get('/status')).status).toBe(200)
    await clock.advance(1)
    expect((await get('/status')).status).toBe(500)
  })

  test('shows the collector, one pipeline, and with verbose the tree', async () => {
    const { get } = await started(
      { use_v2: true },
      {
        collector: view(
          ['receiver', 'a', 'OK'],
          ['exporter', 'b1', 'RecoverableError', 1000],
          ['extension', 'health_check', 'OK'],
        ),
      },
    )

    expect(JSON.parse((await get('/status')).text)).toEqual({
      start_time: '2026-08-21T00:00:00.000Z',
      healthy: true,
      status: 'StatusRecoverableError',
      error: 'b1 broke',
      status_time: '1970-01-01T00:00:01.000Z',
    })
    const tree = JSON.parse((await get('/status?verbose')).text)
    expect(Object.keys(tree.components)).toEqual(['pipeline:traces/a', 'pipeline:traces/b', 'extensions'])
    expect(tree.components['pipeline:traces/b'].components).toHaveProperty(
      ['exporter:b1', 'status'],
      'StatusRecoverableError',
    )
    expect(tree.components.extensions.components).toHaveProperty(['extension:health_check', 'healthy'], true)
    const one = JSON.parse((await get('/status?pipeline=traces/a&verbose')).text)
    expect(one.status).toBe('StatusOK')
    expect(Object.keys(one.components)).toEqual(['receiver:a'])
    expect((await get('/status?pipeline=traces/unknown')).status).toBe(404)
  })

  test('shows the configuration, always redacted, only if told to (DIF-18)', async () => {
    const collector = view()
    expect((await (await started({ use_v2: true }, { collector })).get('/config')).status).toBe(404)
    const { get } = await started({ use_v2: true, http: { config: { enabled: true } } }, { collector })
    expect((await get('/config')).text).toContain('[REDACTED]')
  })

  test('is what the type healthcheckv2 always does', async () => {
    const { get } = await started({}, { id: 'healthcheckv2/mine', collector: view(['receiver', 'a', 'OK']) })
    expect(JSON.parse((await get('/status')).text)).toMatchObject({ status: 'StatusOK' })
    expect((await get('/')).status).toBe(404)
  })
})
