import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { expect, test, vi } from 'vitest'

import { command } from './command.ts'
import { temporaryFolder } from './example-run.ts'
import { sendOverHttp, tracesOf } from './otlp-sender.ts'
import { freePort, readySentence, startCli } from './process.ts'
import { startReloading } from './reloading.ts'

vi.setConfig({ testTimeout: 60_000 })

/** An endpoint that answers with a status until it is told another one. */
async function subscriber(status: number) {
  const taken: { readonly id: unknown; readonly status: number }[] = []
  const server = createServer((request, response) => {
    taken.push({ id: request.headers['webhook-id'], status: state.status })
    request.resume()
    response.writeHead(state.status).end('as told')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const state = {
    status,
    taken,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
  return state
}

let sent = 0
async function notify(otlp: string): Promise<void> {
  const spanId = (++sent).toString(16).padStart(16, '0')
  const span = { traceId: spanId + spanId, spanId, name: 'shop:order:paid', startTime: 1n, endTime: 2n }
  expect(await sendOverHttp(otlp, tracesOf('shop', [span]))).toBe(200)
}

function configOf(folder: string, otlp: string, url: string) {
  return {
    receivers: { otlp: { protocols: { http: { endpoint: otlp } } } },
    processors: {},
    exporters: {
      webhook: {
        storage: 'file_storage',
        allow_networks: ['127.0.0.0/8'],
        endpoints: [
          {
            name: 'oncall',
            url,
            subscriptions: [{ event_type: 'shop:**' }],
            retry: { schedule: [] },
          },
        ],
      },
    },
    extensions: { file_storage: { directory: folder, min_free_disk: 0, ballast: 0 } },
    service: {
      extensions: ['file_storage'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], processors: [], exporters: ['webhook'] } },
    },
  }
}

test('a reload enables an endpoint again although nothing was changed, and it gets what waits', async () => {
  await using folder = await temporaryFolder()
  await using hooks = await subscriber(410)
  const otlp = `127.0.0.1:${await freePort()}`
  const config = configOf(folder.path, otlp, hooks.url)
  const all = { ...config, service: { ...config.service, extensions: ['admin', 'file_storage'] } }
  await using collector = await startReloading(all)
  await notify(otlp)
  await collector.cli.waitFor('Nothing is sent to the endpoint any more')
  await notify(otlp)
  hooks.status = 204
  const { status, body } = await collector.reload(all)
  expect([status, body.outcome]).toEqual([200, 'success'])
  await vi.waitFor(() => expect(hooks.taken.map((each) => each.status)).toEqual([410, 204]), 20_000)
  collector.cli.signal('SIGTERM')
  expect(await collector.cli.exit).toBe(0)
})

test('notifications that were given up can be shown, exported and sent again under their ids', async () => {
  await using folder = await temporaryFolder()
  await using hooks = await subscriber(413)
  const otlp = `127.0.0.1:${await freePort()}`
  const config = configOf(folder.path, otlp, hooks.url)
  const flags = ['--config', `yaml:${JSON.stringify(config)}`]
  {
    await using cli = startCli(flags)
    await cli.waitFor(readySentence)
    await notify(otlp)
    await cli.waitFor('A notification was given up.')
    cli.signal('SIGTERM')
    expect(await cli.exit).toBe(0)
  }
  const shown = await command(['queue', 'show', '1', ...flags])
  expect(shown.stderr).toBe('')
  expect(shown.stdout).toContain('"endpoint":["oncall"]')
  expect(shown.stdout).toContain('status 413: as told')
  expect(shown.stdout).toContain('the body is JSON, but no traces')

  const lines = await command(['queue', 'export', ...flags])
  expect(lines.code).toBe(1)
  expect(lines.stdout).toBe('')
  expect(lines.stderr).toContain('Entry 1 was not written: the body is JSON, but no traces')
  const raw = join(folder.path, 'raw')
  expect((await command(['queue', 'export', ...flags, '--as', 'raw', '--to', raw])).code).toBe(0)
  expect(JSON.parse(await readFile(join(raw, '1.json'), 'utf8'))).toMatchObject({ type: 'shop.order.paid' })

  const retried = await command(['queue', 'retry', '1', ...flags])
  expect([retried.code, retried.stdout]).toEqual([
    0,
    expect.stringContaining('will be sent again') as unknown,
  ])
  hooks.status = 204
  await using cli = startCli(flags)
  await cli.waitFor(readySentence)
  await vi.waitFor(() => expect(hooks.taken).toHaveLength(2), 20_000)
  expect(hooks.taken[1]?.id).toBe(hooks.taken[0]?.id)
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
})

test('deliveries of Orchest that were kept can be shown, exported and tried again', async () => {
  await using folder = await temporaryFolder()
  await using hooks = await subscriber(413)
  const [otlp, orchest] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const secret = 'It is a secret'
  const base = configOf(folder.path, otlp, hooks.url)
  const withTypes = (types: readonly object[]): readonly string[] => [
    '--config',
    `yaml:${JSON.stringify({
      ...base,
      receivers: {
        ...base.receivers,
        orchest: { endpoint: orchest, webhook: { secret }, storage: 'file_storage', event_types: types },
      },
      service: {
        ...base.service,
        pipelines: { traces: { receivers: ['otlp', 'orchest'], processors: [], exporters: ['webhook'] } },
      },
    })}`,
  ]
  const flags = withTypes([])
  {
    await using cli = startCli(flags)
    await cli.waitFor(readySentence)
    await notify(otlp)
    const body = JSON.stringify({
      event: { type: 'shop:typed', uuid: 'u-1', timestamp: '2026-01-02 03:04:05' },
    })
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    const answer = await fetch(`http://${orchest}/orchest/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hub-signature': signature },
      body,
    })
    expect([answer.status, await answer.json()]).toMatchObject([202, { status: 'dead_letter' }])
    await cli.waitFor('A notification was given up.')
    cli.signal('SIGTERM')
    expect(await cli.exit).toBe(0)
  }
  // There are two queues; those of receivers hold no notifications.
  const again = await command(['webhook', 'retry', ...flags, '--endpoint', 'oncall'])
  expect([again.code, again.stderr]).toEqual([0, ''])
  expect(again.stdout).toContain('1 notification will be sent again.')

  const shown = await command(['queue', 'show', '1', ...flags, '--receiver', 'orchest'])
  expect(shown.stdout).toContain('unknown_event_type')
  expect(shown.stdout).toContain('the body is JSON, but no traces')
  const raw = join(folder.path, 'raw')
  const exported = ['queue', 'export', ...flags, '--receiver', 'orchest', '--as', 'raw', '--to', raw]
  expect((await command(exported)).code).toBe(0)
  expect(JSON.parse(await readFile(join(raw, '1.json'), 'utf8'))).toMatchObject({ event: { uuid: 'u-1' } })

  const retried = await command(['queue', 'retry', '--all', ...flags, '--receiver', 'orchest'])
  expect(retried.code).toBe(0)
  hooks.status = 204
  await using cli = startCli(withTypes([{ type: 'shop:typed', transition: 'instant' }]))
  await cli.waitFor(readySentence)
  await vi.waitFor(() => expect(hooks.taken.filter((each) => each.status === 204)).toHaveLength(2), 20_000)
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
})
