import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { freePort } from './free-port.ts'
import { findOtelcol } from './otelcol-binary.ts'
import { startOtelcol } from './otelcol.ts'
import { withPeer } from './vitest.ts'

const otelcol = await findOtelcol()

const span = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  name: 'lift the container',
  kind: 1,
  startTimeUnixNano: '1544712660000000000',
  endTimeUnixNano: '1544712661000000000',
}
const traces = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }

let dir = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spanloom-otelcol-'))
})

afterEach(() => rmSync(dir, { recursive: true }))

describe('a real Collector', { timeout: 60_000 }, () => {
  withPeer('otelcol', otelcol, (binary) => {
    test('writes the spans it gets as OTLP/JSON into a file', async () => {
      const port = await freePort()
      const config = pipeline(
        `otlp: { protocols: { http: { endpoint: 'localhost:${port}' } } }`,
        'file: { path: out.json }',
      )
      await using collector = await startOtelcol({ binary, dir, config })

      const response = await post(port)
      const exit = await collector.stop()

      expect(response.status).toBe(200)
      expect(exit).toEqual({ code: 0, signal: null })
      expect(readTraces('out.json')).toMatchObject(traces)
    })

    test('hands spans to another Collector over gRPC', async () => {
      const [httpPort, grpcPort] = [await freePort(), await freePort()]
      await using last = await startOtelcol({
        binary,
        dir,
        config: pipeline(
          `otlp: { protocols: { grpc: { endpoint: 'localhost:${grpcPort}' } } }`,
          'file: { path: out.json }',
        ),
      })
      await using first = await startOtelcol({
        binary,
        dir,
        config: pipeline(
          `otlp: { protocols: { http: { endpoint: 'localhost:${httpPort}' } } }`,
          `otlp_grpc: { endpoint: 'localhost:${grpcPort}', tls: { insecure: true }, sending_queue: { enabled: false } }`,
        ),
      })

      const response = await post(httpPort)
      await first.stop()
      await last.stop()

      expect(response.status).toBe(200)
      expect(readTraces('out.json')).toMatchObject(traces)
    })

    test('reads OTLP/JSON files and prints what it read', async () => {
      writeFileSync(join(dir, 'in.json'), `${JSON.stringify(traces)}\n`)
      const config = pipeline(
        'otlp_json_file: { include: [in.json], start_at: beginning }',
        'debug: { verbosity: normal }',
      )
      await using collector = await startOtelcol({ binary, dir, config })

      await collector.waitForLine(/lift the container/)

      expect(collector.stderr()).toContain(span.traceId)
    })

    test('says what is wrong with its configuration', async () => {
      const starting = startOtelcol({ binary, dir, config: pipeline('otlp: { protocol: {} }', 'nop: {}') })

      await expect(starting).rejects.toThrow('has invalid keys: protocol')
    })

    test('has all components that the configurations of our tests name', async () => {
      const port = await freePort()
      const config = `
receivers:
  otlp: { protocols: { http: { endpoint: 'localhost:${await freePort()}' } } }
processors:
  memory_limiter: { check_interval: 1s, limit_mib: 256 }
  batch: {}
exporters:
  nop: {}
  otlp_http: { endpoint: 'http://localhost:1', sending_queue: { storage: file_storage } }
extensions:
  file_storage: { directory: storage, create_directory: true }
  health_check: { endpoint: 'localhost:${port}' }
service:
  extensions: [file_storage, health_check]
  pipelines:
    traces: { receivers: [otlp], processors: [memory_limiter, batch], exporters: [nop, otlp_http] }
`
      await using collector = await startOtelcol({ binary, dir, config })

      const health = await fetch(`http://localhost:${port}`)

      expect(health.status).toBe(200)
      expect(collector.stderr()).not.toContain('deprecated')
      expect(existsSync(join(dir, 'storage'))).toBe(true)
    })
  })
})

function pipeline(receiver: string, exporter: string): string {
  return `
receivers: { ${receiver} }
exporters: { ${exporter} }
service:
  pipelines:
    traces: { receivers: [${nameOf(receiver)}], exporters: [${nameOf(exporter)}] }
`
}

const nameOf = (component: string): string => component.slice(0, component.indexOf(':'))

function post(port: number): Promise<Response> {
  return fetch(`http://localhost:${port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(traces),
  })
}

function readTraces(file: string): unknown {
  return JSON.parse(readFileSync(join(dir, file), 'utf8'))
}
