import { rename, symlink, unlink, writeFile } from 'node:fs/promises'
import { request as plainRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'

import {
  createGrpcClient,
  type GrpcClient,
  grpcClientSettings,
  parseConfig,
  systemClock,
} from '@spanloom/core'
import { silentLogger, testHost } from '@spanloom/core/testing'
import { describe, expect, test, vi } from 'vitest'

import { bookOf, closedBooks } from './books.ts'
import { temporaryFolder } from './example-run.ts'
import { OtlpBackend } from './otlp-backend.ts'
import { sendOverHttp, tracesOf } from './otlp-sender.ts'
import { freePort, readySentence, startCli, type CliProcess } from './process.ts'
import { otlpPipeline, startReloading, type PipelineData } from './reloading.ts'
import { startSpanLoad } from './span-load.ts'

// Every test has a process of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

let spans = 0

/** A trace of one span that no other test has sent. */
function oneSpan(name = 'work') {
  const spanId = (++spans).toString(16).padStart(16, '0')
  return tracesOf('test', [{ traceId: 'b'.repeat(32), spanId, name, startTime: 1n, endTime: 2n }])
}

const updated = 'Config updated.'
const refused = 'Config not updated. The one before goes on.'
const otherTimeout = { exporter: { timeout: '7s' } }

/** A process with a configuration file and nothing that listens but its receiver. */
async function startPlain(config: PipelineData, args: readonly string[] = []) {
  const folder = await temporaryFolder()
  const file = join(folder.path, 'pipeline.yaml')
  const write = (next: object): Promise<void> => writeFile(file, JSON.stringify(next))
  const { service } = config
  const plain = { ...config, service: { ...service, extensions: [] } }
  await write(plain)
  const cli = startCli(['--config', file, ...args])
  await cli.waitFor(readySentence)
  return {
    cli,
    folder: folder.path,
    file,
    write,
    plain,
    async [Symbol.asyncDispose]() {
      await cli[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

const without = (config: PipelineData): object => ({
  ...config,
  service: { ...config.service, extensions: [] },
})

describe('triggers', () => {
  test('SIGHUP reads the configuration again', async () => {
    await using backend = await OtlpBackend.listen()
    const receiver = `127.0.0.1:${await freePort()}`
    await using running = await startPlain(otlpPipeline(receiver, backend.url))
    await running.write(without(otlpPipeline(receiver, backend.url, otherTimeout)))

    running.cli.child.kill('SIGHUP')
    await running.cli.waitFor(updated)

    expect(running.cli.stderr()).toContain('"signal":"SIGHUP"')
    expect(running.cli.stderr()).toContain('"restarted":["exporter:otlp_http"]')
    expect(await sendOverHttp(receiver, oneSpan())).toBe(200)
    await backend.waitForSpans(1)
    running.cli.signal('SIGTERM')
    expect(await running.cli.exit).toBe(0)
  })

  test('--watch sees a file that is replaced, and a link that is moved', async () => {
    await using backend = await OtlpBackend.listen()
    const receiver = `127.0.0.1:${await freePort()}`
    await using folder = await temporaryFolder()
    const at = (name: string): string => join(folder.path, name)
    const config = (timeout: string): string =>
      JSON.stringify(without(otlpPipeline(receiver, backend.url, { exporter: { timeout } })))
    await writeFile(at('first.yaml'), config('5s'))
    await symlink('first.yaml', at('pipeline.yaml'))
    await using cli = startCli(['--config', at('pipeline.yaml'), '--watch'])
    await cli.waitFor(readySentence)

    await writeFile(at('new.yaml'), config('6s'))
    await rename(at('new.yaml'), at('first.yaml'))
    await times(cli, updated, 1)
    await writeFile(at('second.yaml'), config('7s'))
    await symlink('second.yaml', at('next.yaml'))
    await rename(at('next.yaml'), at('pipeline.yaml'))
    await times(cli, updated, 2)
    await unlink(at('pipeline.yaml'))
    await times(cli, refused, 1)
    await writeFile(at('pipeline.yaml'), config('8s'))
    await times(cli, updated, 3)

    expect(cli.stderr()).toContain('no such file or directory')
    expect(await sendOverHttp(receiver, oneSpan())).toBe(200)
  })

  test('POST /-/reload answers with what was done, or with every fault', async () => {
    await using backend = await OtlpBackend.listen()
    const receiver = `127.0.0.1:${await freePort()}`
    const good = otlpPipeline(receiver, backend.url)
    await using running = await startReloading(good)

    expect(await running.reload(otlpPipeline(receiver, backend.url, otherTimeout))).toEqual({
      status: 200,
      body: {
        outcome: 'success',
        everything: false,
        restarted: ['exporter:otlp_http'],
        started: [],
        stopped: [],
      },
    })
    const { status, body } = await running.reload({
      ...good,
      receivers: { otlp: { protocols: { htp: {} } } },
      exporters: { otlp_http: { endpoint: 'http://localhost', timeuot: '1s' } },
    })

    expect(status).toBe(400)
    expect(body.issues?.map(({ code, line }) => [code, typeof line])).toEqual([
      ['unknown_key', 'number'],
      ['unknown_key', 'number'],
    ])
    expect(await sendOverHttp(receiver, oneSpan())).toBe(200)
  })

  test('the admin server may reload itself, and everything, and still answers', async () => {
    await using backend = await OtlpBackend.listen()
    const receiver = `127.0.0.1:${await freePort()}`
    const good = otlpPipeline(receiver, backend.url)
    await using running = await startReloading(good)

    const own = await running.reload({
      ...good,
      extensions: { admin: { allowed_hosts: ['admin.internal'] } },
    })
    expect(own).toMatchObject({ status: 200, body: { restarted: ['extension:admin'] } })
    const everything = await running.reload({
      ...good,
      service: { ...good.service, telemetry: { metrics: { level: 'none' }, resource: { zone: 'a' } } },
    })
    expect(everything).toMatchObject({ status: 200, body: { everything: true } })

    expect(running.cli.stderr()).toMatch(/\twarn\t.*Config updated, restart service/)
    expect(await sendOverHttp(receiver, oneSpan())).toBe(200)
    const ids = running.cli.stderr().matchAll(/"service.instance.id":"([^"]+)"/g)
    expect(new Set([...ids].map(([, id]) => id)).size).toBe(1)
    await closedBooks(running.admin)
  })
})

describe('a broken configuration', () => {
  test('leaves the old pipeline delivering, and the metrics say so (vector 19)', async () => {
    await using backend = await OtlpBackend.listen()
    const receiver = `127.0.0.1:${await freePort()}`
    const port = await freePort()
    const telemetry = {
      metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port } } } }] },
    }
    const good = otlpPipeline(receiver, backend.url, { telemetry })
    await using running = await startReloading(good)
    const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    expect(await metrics()).toContain('otelcol_config_reloads{outcome="failure"} 0\n')
    expect(await metrics()).toContain('otelcol_config_last_reload_successful 1\n')

    const { status } = await running.reload('receivers: [')
    expect(status).toBe(400)
    expect(await sendOverHttp(receiver, oneSpan())).toBe(200)
    await backend.waitForSpans(1)

    expect(await metrics()).toContain('otelcol_config_reloads{outcome="failure"} 1\n')
    expect(await metrics()).toContain('otelcol_config_reloads{outcome="success"} 0\n')
    expect(await metrics()).toContain('otelcol_config_last_reload_successful 0\n')
    await running.reload(otlpPipeline(receiver, backend.url, { ...otherTimeout, telemetry }))
    expect(await metrics()).toContain('otelcol_config_reloads{outcome="success"} 1\n')
    expect(await metrics()).toContain('otelcol_config_last_reload_successful 1\n')
    await running.reload(
      otlpPipeline(receiver, backend.url, { telemetry: { ...telemetry, resource: { zone: 'a' } } }),
    )
    expect(await metrics()).toContain('otelcol_config_reloads{outcome="success"} 2\n')
    expect(await metrics()).toContain('otelcol_config_reloads{outcome="failure"} 1\n')
  })
})

test('a queue that was meant for a wrong address is delivered to the right one', async () => {
  await using backend = await OtlpBackend.listen()
  const receiver = `127.0.0.1:${await freePort()}`
  const nowhere = `http://127.0.0.1:${await freePort()}`
  await using running = await startReloading(otlpPipeline(receiver, nowhere))
  for (let index = 0; index < 50; index++) expect(await sendOverHttp(receiver, oneSpan())).toBe(200)
  expect(backend.spans).toEqual([])

  expect(await running.reload(otlpPipeline(receiver, backend.url))).toMatchObject({ status: 200 })

  const books = await closedBooks(running.admin)
  expect(bookOf(books, 'otlp_http')).toMatchObject({ in: 50, out: 50, dropped: {}, held: 0 })
  expect(new Set(backend.spans.map(({ spanId }) => spanId)).size).toBe(50)
  expect(backend.spans).toHaveLength(50)
})

describe('what a change of the receiver leaves alone (vector 20)', () => {
  test('is the queue of an exporter whose backend does not answer', async () => {
    const gate = Promise.withResolvers<void>()
    await using backend = await OtlpBackend.listen(gate.promise)
    const receiver = `127.0.0.1:${await freePort()}`
    await using running = await startReloading(otlpPipeline(receiver, backend.url))
    for (let index = 0; index < 30; index++) expect(await sendOverHttp(receiver, oneSpan())).toBe(200)

    const { body } = await running.reload(
      otlpPipeline(receiver, backend.url, { receiver: { include_metadata: true } }),
    )
    expect(body.restarted).toEqual(['receiver:otlp'])
    expect(await sendOverHttp(receiver, oneSpan())).toBe(200)
    gate.resolve()

    const books = await closedBooks(running.admin)
    expect(bookOf(books, 'otlp_http')).toMatchObject({ in: 31, out: 31 })
    expect(new Set(backend.spans.map(({ spanId }) => spanId)).size).toBe(31)
    expect(backend.spans).toHaveLength(31)
  })

  test('are the open spans of span_assembly', async () => {
    await using backend = await OtlpBackend.listen()
    const receiver = `127.0.0.1:${await freePort()}`
    const config = (more: Parameters<typeof otlpPipeline>[2]): PipelineData => {
      const base = otlpPipeline(receiver, backend.url, more)
      const pipelines = {
        traces: { receivers: ['otlp'], processors: ['span_assembly'], exporters: ['otlp_http'] },
      }
      return {
        ...base,
        processors: { span_assembly: { profiles: { default: { settle: '0s' } } } },
        service: { ...base.service, pipelines },
      }
    }
    await using running = await startReloading(config({}))
    const fragment = (times: object, kind: string) =>
      tracesOf('test', [
        {
          traceId: 'c'.repeat(32),
          spanId: 'd'.repeat(16),
          name: 'order',
          attributes: { 'spanloom.key': 'order-1', 'spanloom.fragment': kind },
          ...times,
        },
      ])

    expect(await sendOverHttp(receiver, fragment({ startTime: 1_000_000_000n }, 'start'))).toBe(200)
    await running.reload(config({ receiver: { include_metadata: true }, ...otherTimeout }))
    await running.reload('nonsense: true')
    expect(await sendOverHttp(receiver, fragment({ endTime: 3_000_000_000n }, 'end'))).toBe(200)

    const [span, ...more] = await backend.waitForSpans(1)
    expect(more).toEqual([])
    expect(span).toMatchObject({
      name: 'order',
      startTimeUnixNano: 1_000_000_000n,
      endTimeUnixNano: 3_000_000_000n,
    })
    const books = await closedBooks(running.admin)
    expect(bookOf(books, 'span_assembly')).toMatchObject({ in: 2, out: 1, merged: 1, held: 0 })
  })
})

describe('a receiver that changes', () => {
  test('keeps its port, and moves to another address of it', async () => {
    await using backend = await OtlpBackend.listen()
    const port = await freePort()
    await using running = await startReloading(otlpPipeline(`127.0.0.1:${port}`, backend.url))
    const load = startSpanLoad(`127.0.0.1:${port}`, 2)
    for (const receiver of [{ include_metadata: true }, { idle_timeout: '5s' }, {}]) {
      const seen = load.requests()
      const { status } = await running.reload(otlpPipeline(`127.0.0.1:${port}`, backend.url, { receiver }))
      expect(status).toBe(200)
      await until(() => load.requests() >= seen + 8)
    }
    expect((await load.stop()).faults).toEqual([])
    const { status } = await running.reload(otlpPipeline(`0.0.0.0:${port}`, backend.url))
    expect(status).toBe(200)
    expect(await sendOverHttp(`127.0.0.1:${port}`, oneSpan())).toBe(200)
    await closedBooks(running.admin)
  })

  test('takes calls over gRPC all the while', async () => {
    await using backend = await OtlpBackend.listen()
    const receiver = `127.0.0.1:${await freePort()}`
    const config = (grpc: object): PipelineData => {
      const base = otlpPipeline('', backend.url)
      return { ...base, receivers: { otlp: { protocols: { grpc: { endpoint: receiver, ...grpc } } } } }
    }
    await using running = await startReloading(config({}))
    const clients = [await grpcClient(receiver), await grpcClient(receiver)]
    const stop = new AbortController()
    const faults: unknown[] = []
    let calls = 0
    const loops = clients.map(async (client) => {
      for (let body = oneSpan().toProtobuf(); !stop.signal.aborted;) {
        try {
          await client.unary({ method: exportMethod, body, signal: never, timeoutMs: 0 })
          calls++
          body = oneSpan().toProtobuf()
        } catch (error) {
          // Between the last call and the message that the connection ends, HTTP/2 refuses a call unseen. gRPC
          // libraries make it again by themselves; this client is told not to.
          if (!String(error).includes('Stream refused by server')) faults.push(error)
        }
      }
    })

    for (let round = 1; round <= 10; round++) {
      const { status } = await running.reload(config({ include_metadata: round % 2 === 1 }))
      expect(status).toBe(200)
      const enough = calls + 4
      await until(() => calls >= enough)
    }
    stop.abort()
    await Promise.all(loops)
    for (const client of clients) client.close()

    expect(faults).toEqual([])
    const books = await closedBooks(running.admin)
    expect(bookOf(books, 'otlp').out).toBe(calls)
    expect(backend.spans).toHaveLength(calls)
  })
})

test('a reload and a stop at the same time end in a stop', async () => {
  await using backend = await OtlpBackend.listen()
  const receiver = `127.0.0.1:${await freePort()}`
  await using running = await startPlain(otlpPipeline(receiver, backend.url))
  expect(await sendOverHttp(receiver, oneSpan())).toBe(200)
  await running.write(without(otlpPipeline(receiver, backend.url, otherTimeout)))

  running.cli.child.kill('SIGHUP')
  running.cli.signal('SIGTERM')

  expect(await running.cli.exit).toBe(0)
  expect(running.cli.stderr()).toContain('Shutdown complete.')
  expect(backend.spans).toHaveLength(1)
})

test('the admin server of a process is closed to other names and needs its token', async () => {
  await using backend = await OtlpBackend.listen()
  const receiver = `127.0.0.1:${await freePort()}`
  const config = { ...otlpPipeline(receiver, backend.url), extensions: { admin: { token: 'open-sesame' } } }
  await using running = await startReloading(config)
  const post = (headers: Record<string, string>): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    plainRequest(`${running.admin}/-/reload`, { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
    return promise
  }
  const authorization = 'Bearer open-sesame'

  expect(await post({})).toBe(401)
  expect(await post({ authorization, host: 'rebound.example' })).toBe(403)
  expect(await post({ authorization, origin: 'https://evil.example' })).toBe(403)
  expect(await post({ authorization })).toBe(200)
  for (const path of ['/', '/api/config', '/api/components', '/debug/extensionz']) {
    expect(await (await fetch(`${running.admin}${path}`)).text()).not.toContain('sesame')
  }
  expect(running.cli.stderr()).not.toContain('sesame')
})

const never = new AbortController().signal
const exportMethod = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** A client that makes one attempt for each call, as the official library makes it. */
function grpcClient(endpoint: string): Promise<GrpcClient> {
  const schema = { type: 'object', properties: grpcClientSettings } as const
  return createGrpcClient(parseConfig(schema, { endpoint, tls: { insecure: true } }), {
    host: testHost(),
    clock: systemClock,
    logger: silentLogger,
    build: { command: 'test', version: '0.0.0' },
  })
}

const patienceMs = 15_000

/** Resolves once standard error holds the text so many times. */
async function times({ stderr }: CliProcess, text: string, count: number): Promise<void> {
  await until(() => stderr().split(text).length - 1 >= count, stderr)
}

async function until(holds: () => boolean, explain: () => string = () => ''): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`It did not happen in time. ${explain()}`)
    await elapse(5)
  }
}
