import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'
import { promisify } from 'node:util'

import { request } from 'undici'

import { doorOf, piece, runDurable } from '../durable-run.ts'
import { temporaryFolder } from '../example-run.ts'
import { tracesOf } from '../otlp-sender.ts'
import { freePort } from '../process.ts'
import { NumberedBackend } from './numbered-backend.ts'

export interface OutageOptions {
  /** How long the destination is down. */
  readonly seconds: number
  readonly spansPerSecond?: number
  readonly spansPerRequest?: number
  /** `busy`: it answers 503, so that it sees the first attempts. `gone`: nobody listens. */
  readonly how?: 'busy' | 'gone'
  readonly log?: (line: string) => void
}

export interface OutageReport {
  readonly sent: number
  readonly delivered: number
  readonly repeated: number
  /** Requests that were seen for the first time after one that had come later. */
  readonly outOfOrder: number
  readonly spansPerSecond: number
  readonly rssMiB: { readonly before: number; readonly halfway: number; readonly highest: number }
  readonly fileMiB: number
  readonly drainSeconds: number
}

/** Sends at a fixed rate while the destination is down, lets it come up, and waits until everything has arrived. */
export async function outage(options: OutageOptions): Promise<OutageReport> {
  const {
    seconds,
    spansPerSecond = 5_000,
    spansPerRequest = 100,
    how = 'busy',
    log = () => undefined,
  } = options
  const requests = Math.ceil((seconds * spansPerSecond) / spansPerRequest)
  const sent = requests * spansPerRequest
  await using folder = await temporaryFolder()
  await using backend = new NumberedBackend(await freePort(), sent, spansPerRequest)
  backend.isBusy = true
  if (how === 'busy') await backend.up()
  // One consumer, because several promise no order (EXP-09).
  const queue = { num_consumers: 1, queue_size: 1_000_000 }
  await using cli = await runDurable({ directory: folder.path, backend: backend.url, queue })
  const door = `http://${doorOf(cli)}/v1/traces`
  const rss = (): Promise<number> => rssOf(cli.child.pid ?? 0)

  const before = await rss()
  let [halfway, highest] = [0, before]
  const began = performance.now()
  for (let made = 0; made < requests; made++) {
    const due = began + (made * spansPerRequest * 1_000) / spansPerSecond
    const early = due - performance.now()
    if (early > 0) await elapse(early)
    const spans = Array.from({ length: spansPerRequest }, (_, index) =>
      piece(made * spansPerRequest + index + 1, 'whole', {
        attributes: { 'http.route': '/orders/{id}', attempt: made },
      }),
    )
    const { statusCode, body } = await request(door, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: tracesOf('shop', spans).toProtobuf(),
    })
    await body.arrayBuffer()
    if (statusCode !== 200) throw new Error(`A request was answered with ${statusCode}.`)
    if (made % 50 !== 0) continue
    highest = Math.max(highest, await rss())
    if (made <= requests / 2) halfway = highest
    if (made % 1_000 === 0) log(`${made} of ${requests} requests, RSS ${Math.round(highest)} MiB at most`)
  }
  const rate = sent / ((performance.now() - began) / 1_000)
  const fileMiB = await sizeOf(folder.path)

  const cameUp = performance.now()
  backend.isBusy = false
  if (how === 'gone') await backend.up()
  while (backend.delivered < sent && performance.now() < cameUp + seconds * 1_000 + 60_000) {
    await elapse(100)
    highest = Math.max(highest, await rss())
  }
  const drainSeconds = (performance.now() - cameUp) / 1_000
  cli.signal('SIGTERM')
  if ((await cli.exit) !== 0) throw new Error('The process did not end well.')
  const { delivered, repeated, outOfOrder } = backend
  const rssMiB = { before, halfway, highest }
  return { sent, delivered, repeated, outOfOrder, spansPerSecond: rate, rssMiB, fileMiB, drainSeconds }
}

const run = promisify(execFile)

/** As the operating system sees it. */
async function rssOf(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)])
  return Number(stdout.trim()) / 1_024
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder)
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0) / 1_024 ** 2
}
