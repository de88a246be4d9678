import { createServer, type Server, type ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'

import { Traces } from '@spanloom/core'
import { afterEach, describe, expect, test } from 'vitest'

import { freePort, readySentence, startCli, type CliProcess } from './process.ts'

const script = fileURLToPath(new URL('scripted-collector.ts', import.meta.url))
const quiet = '--set=service.telemetry.metrics.level=none'

const pipeline = (receiver: object, exporter: object, service: object = {}): string =>
  `yaml:${JSON.stringify({
    receivers: receiver,
    exporters: exporter,
    service: {
      ...service,
      pipelines: { traces: { receivers: Object.keys(receiver), exporters: Object.keys(exporter) } },
    },
  })}`

const otlp = { otlp: { protocols: { http: { endpoint: '127.0.0.1:0' } } } }

/** Where the OTLP receiver listens, as its log line says. */
function endpointOf({ stderr }: CliProcess): string {
  return /Starting HTTP server.*"endpoint":"([^"]+)"/.exec(stderr())?.[1] ?? ''
}

async function sendSpan(endpoint: string, number = 1): Promise<number> {
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: number.toString(16).padStart(16, '0'),
    name: 'work',
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
  }
  const response = await fetch(`http://${endpoint}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  })
  await response.arrayBuffer()
  return response.status
}

describe('a process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'gets ready, says so once, and ends with 0 after %s',
    async (name) => {
      await using cli = startCli(['--config', pipeline(otlp, { nop: {} }), quiet])
      await cli.waitFor(readySentence)
      expect(await sendSpan(endpointOf(cli))).toBe(200)

      cli.signal(name)

      expect(await cli.exit).toBe(0)
      expect(cli.stderr().split(readySentence)).toHaveLength(2)
      expect(cli.stderr()).toContain(`"signal":"${name}"`)
      expect(cli.stderr()).toContain('Shutdown complete.')
      expect(cli.stdout()).toBe('')
    },
  )

  test('ends with 1 and one line when a port is taken, without having opened another (RUN-03)', async () => {
    await using first = startCli(['--config', pipeline(otlp, { nop: {} }), quiet])
    await first.waitFor(readySentence)
    const taken = endpointOf(first)

    await using second = startCli([
      '--config',
      pipeline({ otlp: { protocols: { http: { endpoint: taken } } } }, { nop: {} }),
      quiet,
    ])

    expect(await second.exit).toBe(1)
    const last = second.stderr().trimEnd().split('\n').at(-1)
    expect(last).toMatch(/^Error: failed to start "otlp" receiver: listen tcp .*: address already in use/)
    expect(second.stderr()).not.toContain(readySentence)
  })

  test('ends with 1 on a faulty configuration and shows where the fault is (CLI-21)', async () => {
    await using cli = startCli(['--config', pipeline(otlp, { nop: { speed: 9 } })])
    expect(await cli.exit).toBe(1)
    expect(cli.stderr()).toContain('has invalid keys: speed')
    expect(cli.stderr().trimEnd().split('\n').at(-1)).toMatch(/^Error: /)
    expect(cli.stderr()).not.toContain('    at ')
  })

  test('ends with 1 when the metrics port is taken, and names it', async () => {
    const port = await freePort()
    const args = [
      '--config',
      pipeline({ nop: {} }, { nop: {} }),
      `--set=service.telemetry.metrics.readers=[{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${port}}}}}]`,
    ]
    await using first = startCli(args)
    await first.waitFor(readySentence)
    await using second = startCli(args)
    expect(await second.exit).toBe(1)
    expect(second.stderr()).toContain(`listen tcp 127.0.0.1:${port}: address already in use`)
  })

  test('shows every basic metric with 0 when it is fresh (vector 42)', async () => {
    const port = await freePort()
    await using cli = startCli([
      '--config',
      pipeline(otlp, { otlp_http: { endpoint: 'http://127.0.0.1:1' } }),
      `--set=service.telemetry.metrics.readers=[{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${port}}}}}]`,
    ])
    await cli.waitFor(readySentence)

    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()

    for (const name of [
      'otelcol_receiver_accepted_spans{receiver="otlp",transport="http"}',
      'otelcol_receiver_refused_spans{receiver="otlp",transport="http"}',
      'otelcol_receiver_failed_spans{receiver="otlp",transport="http"}',
      'otelcol_exporter_enqueue_failed_spans{exporter="otlp_http"}',
      'otelcol_exporter_queue_size{exporter="otlp_http",data_type="traces"}',
      'otelcol_exporter_in_flight_requests{exporter="otlp_http",data_type="traces"}',
    ]) {
      expect(text).toContain(`${name} 0\n`)
    }
    expect(text).toMatch(/^otelcol_exporter_sent_spans{exporter="otlp_http",[^}]*} 0$/m)
    expect(text).toMatch(/^otelcol_exporter_send_failed_spans{exporter="otlp_http",[^}]*} 0$/m)
    expect(text).toMatch(/^otelcol_exporter_queue_capacity{.*} 1000$/m)
    expect(text).toMatch(/^otelcol_process_uptime [\d.]+$/m)
  })

  test('ends with 1 when a component fails for good (CLI-22)', async () => {
    await using cli = startCli(
      ['--config', pipeline({ scripted: { behaviour: 'fatal' } }, { nop: {} }), quiet],
      { script },
    )
    expect(await cli.exit).toBe(1)
    expect(cli.stderr()).toContain('the listener died')
    expect(cli.stderr()).toContain('Shutdown complete.')
  })

  test.each(['throw', 'reject'])(
    'stops in order and ends with 1 after a bug in the background: %s (CLI-25)',
    async (behaviour) => {
      await using cli = startCli(['--config', pipeline({ scripted: { behaviour } }, { nop: {} }), quiet], {
        script,
      })
      expect(await cli.exit).toBe(1)
      expect(cli.stderr()).toContain('Unexpected failure. The collector stops.')
      expect(cli.stderr()).toContain('scripted-collector.ts')
      expect(cli.stderr()).toContain('Shutdown complete.')
    },
  )

  test('ends although a component hangs, at the second signal (DIF-20)', async () => {
    await using cli = startCli(
      ['--config', pipeline({ scripted: { behaviour: 'hang' } }, { nop: {} }), quiet],
      { script },
    )
    await cli.waitFor(readySentence)
    cli.signal('SIGTERM')
    await cli.waitFor('Starting shutdown...')
    cli.signal('SIGINT')
    expect(await cli.exit).toBe(1)
    expect(cli.stderr()).toContain('"otelcol.component.id":"scripted"')
  })

  test('ends although a component leaves a timer behind', async () => {
    await using cli = startCli(
      ['--config', pipeline({ scripted: { behaviour: 'leak' } }, { nop: {} }), quiet],
      { script },
    )
    await cli.waitFor(readySentence)
    cli.signal('SIGTERM')
    expect(await cli.exit).toBe(0)
  })

  test('lives on when the reader of its log goes away (section 3.3)', async () => {
    await using cli = startCli(['--config', pipeline(otlp, { debug: {} }), quiet])
    await cli.waitFor(readySentence)
    const endpoint = endpointOf(cli)
    cli.child.stderr?.destroy()
    cli.child.stdout?.destroy()

    expect(await sendSpan(endpoint, 1)).toBe(200)
    expect(await sendSpan(endpoint, 2)).toBe(200)
    cli.signal('SIGTERM')
    expect(await cli.exit).toBe(0)
  })
})

test('a stop leaves time to take the last spans, with readiness off already (SIG-06)', async () => {
  const health = `127.0.0.1:${await freePort()}`
  await using cli = startCli([
    '--config',
    pipeline(otlp, { nop: {} }, { extensions: ['health_check'], shutdown_delay: '2s' }),
    `--set=extensions.health_check.endpoint=${health}`,
    quiet,
  ])
  await cli.waitFor(readySentence)
  const status = async (): Promise<number> => (await fetch(`http://${health}/readyz`)).status
  expect(await status()).toBe(200)
  const begin = performance.now()

  cli.signal('SIGTERM')
  await cli.waitFor('Received signal from OS')

  expect(await status()).toBe(503)
  // The health server comes first in the log.
  const endpoints = [...cli.stderr().matchAll(/Starting HTTP server.*"endpoint":"([^"]+)"/g)].map(
    ([, at]) => at,
  )
  expect(await sendSpan(endpoints.at(-1) ?? '')).toBe(200)
  expect(cli.stderr()).not.toContain('Starting shutdown...')
  expect(await cli.exit).toBe(0)
  expect(performance.now() - begin).toBeGreaterThan(1900)
}, 20_000)

test('a verb whose reader goes away ends quietly', async () => {
  await using cli = startCli(['components'])
  cli.child.stdout?.destroy()
  expect(await cli.exit).toBe(0)
  expect(cli.stderr()).toBe('')
})

describe('a stop with a full queue', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections()
  })

  /** A backend that answers nothing before `open` is called. */
  async function backend(): Promise<{ url: string; spans: () => number; open: () => void }> {
    let spans = 0
    const gate = Promise.withResolvers<void>()
    const answer = async (response: ServerResponse, body: Buffer): Promise<void> => {
      await gate.promise
      spans += Traces.fromProtobuf(body).spanCount
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    }
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        void answer(response, Buffer.concat(chunks))
      })
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    return { url: `http://127.0.0.1:${port}`, spans: () => spans, open: gate.resolve }
  }

  const requests = 1000
  const exporter = (endpoint: string): object => ({ otlp_http: { endpoint, compression: 'none' } })

  async function fill(cli: CliProcess): Promise<void> {
    await cli.waitFor(readySentence)
    const endpoint = endpointOf(cli)
    for (let sent = 0; sent < requests; sent += 50) {
      const codes = await Promise.all(
        Array.from({ length: 50 }, (_, index) => sendSpan(endpoint, sent + index + 1)),
      )
      expect(new Set(codes)).toEqual(new Set([200]))
    }
  }

  test('delivers everything to a healthy backend and ends with 0 (vector 17)', async () => {
    const { url, spans, open } = await backend()
    await using cli = startCli(['--config', pipeline(otlp, exporter(url)), quiet])
    await fill(cli)

    cli.signal('SIGTERM')
    await cli.waitFor('Starting shutdown...')
    open()

    expect(await cli.exit).toBe(0)
    expect(spans()).toBe(requests)
  }, 30_000)

  test('gives up on a dead backend at the limit, says how much was lost and ends with 1 (vector 18)', async () => {
    const { url } = await backend()
    await using cli = startCli(['--config', pipeline(otlp, exporter(url), { shutdown_timeout: '1s' }), quiet])
    await fill(cli)

    cli.signal('SIGTERM')

    expect(await cli.exit).toBe(1)
    expect(cli.stderr()).toContain('Shutdown limit reached. Giving up.')
    const line = cli
      .stderr()
      .split('\n')
      .find((each) => each.includes('Spans were lost at shutdown.'))
    expect(line).toContain('"otelcol.component.id":"otlp_http"')
    expect(line).toContain(`"lost_spans":${requests}`)
  }, 30_000)
})
