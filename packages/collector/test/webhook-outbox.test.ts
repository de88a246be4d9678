import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as elapse } from 'node:timers/promises'

import { seededRandom } from '@spanloom/core/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { bookOf, closedBooks } from './books.ts'
import { command } from './command.ts'
import { temporaryFolder } from './example-run.ts'
import { sendOverHttp, tracesOf } from './otlp-sender.ts'
import { type CliProcess, freePort, readySentence, startCli } from './process.ts'

/** Rounds of kill -9; many more in a long run. */
const rounds = Number(process.env['WEBHOOK_ROUNDS'] ?? 5)
const seed = Number(process.env['WEBHOOK_SEED'] ?? Date.now() % 1_000_000)

vi.setConfig({ testTimeout: 120_000 + rounds * 20_000 })

interface Delivery {
  readonly spanId: string
  readonly id: string
}

/** An endpoint that fails in every way while `moody`. */
class Subscriber {
  readonly deliveries: Delivery[] = []
  readonly taken = new Set<string>()
  readonly #server: Server
  readonly #random: () => number
  moody: boolean

  constructor(random: () => number, moody: boolean) {
    this.#random = random
    this.moody = moody
    this.#server = createServer((request, response) => void this.#take(request, response))
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const { data } = JSON.parse(body) as { data: { span_id: string } }
    this.deliveries.push({ spanId: data.span_id, id: String(request.headers['webhook-id']) })
    const luck = this.moody ? this.#random() : 1
    if (luck < 0.25) response.writeHead(500).end('no')
    else if (luck < 0.3) response.writeHead(302, { location: '/elsewhere' }).end()
    else if (luck < 0.4) request.socket.destroy()
    // Without an answer: the process is killed before its time-out.
    else if (luck > 0.42) {
      this.taken.add(data.span_id)
      response.writeHead(204).end()
    }
  }
}

const random = seededRandom(seed)
let moody: Subscriber
let healthy: Subscriber
let uninvited: Subscriber
let urls: readonly string[]

beforeEach(async () => {
  moody = new Subscriber(random, true)
  healthy = new Subscriber(random, false)
  uninvited = new Subscriber(random, false)
  urls = await Promise.all([moody, healthy, uninvited].map((subscriber) => subscriber.listen()))
})
afterEach(() => Promise.all([moody, healthy, uninvited].map((subscriber) => subscriber.close())))

function configOf(folder: string, otlp: string, admin: string, dead: string): object {
  const schedule = Array.from({ length: 200 }, () => '30ms')
  const common = { subscriptions: [{ event_type: 'shop:**' }], retry: { schedule }, max_in_flight: 8 }
  return {
    receivers: { otlp: { protocols: { http: { endpoint: otlp } } } },
    exporters: {
      webhook: {
        storage: 'file_storage',
        allow_networks: ['127.0.0.0/8'],
        endpoints: [
          { ...common, name: 'moody', url: urls[0] },
          { ...common, name: 'healthy', url: urls[1] },
          { ...common, name: 'uninvited', url: urls[2], subscriptions: [{ event_type: 'other:**' }] },
          { ...common, name: 'dead', url: dead, subscriptions: [{ event_type: 'shop:dead' }] },
        ],
      },
    },
    extensions: {
      admin: { endpoint: admin },
      file_storage: { directory: folder, min_free_disk: 0, ballast: 0 },
    },
    service: {
      extensions: ['admin', 'file_storage'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['webhook'] } },
    },
  }
}

let sent = 0
const nextSpan = (): string => (++sent).toString(16).padStart(16, '0')

/** Whether the collector has acknowledged the span; one that was killed gives no answer. */
async function notify(otlp: string, spanId: string, type = 'shop:order:paid'): Promise<boolean> {
  const span = { traceId: spanId + spanId, spanId, name: type, startTime: 1n, endTime: 2n }
  try {
    return (await sendOverHttp(otlp, tracesOf('shop', [span]))) === 200
  } catch {
    return false
  }
}

async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (const deadline = performance.now() + 60_000; !holds(); await elapse(20)) {
    if (performance.now() > deadline) throw new Error(`${what} (seed ${seed})`)
  }
}

describe('outbox of the webhook exporter', () => {
  test(`loses nothing over ${rounds} rounds of kill -9 with an endpoint that fails in every way (seed ${seed})`, async () => {
    await using folder = await temporaryFolder()
    const [otlp, admin] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
    const config = configOf(folder.path, otlp, admin, `http://127.0.0.1:${await freePort()}/none`)
    const start = async (): Promise<CliProcess> => {
      const cli = startCli(['--config', `yaml:${JSON.stringify(config)}`])
      await cli.waitFor(readySentence)
      return cli
    }
    const acknowledged = new Set<string>()
    for (let round = 0; round < rounds; round++) {
      await using cli = await start()
      const load = Array.from({ length: 40 }, async () => {
        const spanId = nextSpan()
        if (await notify(otlp, spanId)) acknowledged.add(spanId)
      })
      await elapse(random() * 300)
      cli.child.kill('SIGKILL')
      await Promise.all(load)
    }
    moody.moody = false
    await using last = await start()
    const missing = (subscriber: Subscriber): number =>
      [...acknowledged].filter((spanId) => !subscriber.taken.has(spanId)).length
    await eventually(() => missing(moody) + missing(healthy) === 0, 'Acknowledged notifications are missing.')

    expect(acknowledged.size).toBeGreaterThan(0)
    expect(uninvited.deliveries).toEqual([])
    for (const { deliveries } of [moody, healthy]) {
      const ids = new Map<string, Set<string>>()
      for (const { spanId, id } of deliveries) ids.set(spanId, (ids.get(spanId) ?? new Set()).add(id))
      expect([...ids.values()].every(({ size }) => size === 1)).toBe(true)
    }
    const books = await closedBooks(`http://${admin}`)
    expect(bookOf(books, 'webhook').held).toBe(0)
    last.signal('SIGTERM')
    expect(await last.exit).toBe(0)
  })

  test('a dead endpoint holds up nobody, and the verbs tell of it', async () => {
    await using folder = await temporaryFolder()
    const [otlp, admin] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
    const config = configOf(folder.path, otlp, admin, `http://127.0.0.1:${await freePort()}/none`)
    const flags = ['--config', `yaml:${JSON.stringify(config)}`]
    moody.moody = false
    {
      await using cli = startCli(flags)
      await cli.waitFor(readySentence)
      const ids = Array.from({ length: 20 }, nextSpan)
      for (const id of ids) expect(await notify(otlp, id, 'shop:dead')).toBe(true)
      await eventually(() => ids.every((id) => healthy.taken.has(id)), 'The healthy endpoint waits.')
      cli.signal('SIGTERM')
      expect(await cli.exit).toBe(0)
      expect(cli.stderr()).toContain('Notifications stay in storage until the next start.')
    }
    const listed = await command(['webhook', 'ls', ...flags, '--format', 'json'])
    const lastError: unknown = expect.stringContaining('ECONNREFUSED')
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { exporter: 'webhook', endpoint: 'dead', waiting: 20, dead_letters: 0, last_error: lastError },
    ])
    expect((await command(['webhook', 'ls', ...flags])).stdout).toMatch(/webhook +dead +20 +0/)

    const ping = await command(['webhook', 'test', 'healthy', ...flags])
    expect([ping.code, ping.stdout]).toEqual([
      0,
      expect.stringMatching(/^healthy answered 204 after \d+ ms/) as unknown,
    ])
    const refused = await command(['webhook', 'test', 'dead', ...flags])
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('ECONNREFUSED') as unknown])
    const unknown = await command(['webhook', 'test', 'healty', ...flags])
    expect(unknown.stderr).toContain('there is no endpoint "healty"')
    expect(unknown.stderr).toContain('Did you mean "healthy"?')
    const none = await command(['webhook', 'retry', ...flags, '--endpoint', 'dead'])
    expect(none.stderr).toContain('there are no dead letters of the endpoint "dead"')
  })
})
