import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'

import { parseOtlpJson, type Span } from '@spanloom/core'
import { type LocalEventHubs, startLocalEventHubs } from '@spanloom/eventhubs/local'
import { expect, test } from 'vitest'

import { startBlobStandIn } from '../../eventhubs/test/blob-stand-in.ts'
import { temporaryFolder } from './example-run.ts'
import { type CliProcess, readySentence, startCli } from './process.ts'

/** From the start of a chain to its end; with the timers below its spans have left before `longestTraceMs`. */
const chainMs = 2_000
const longestTraceMs = 9_000
const patienceMs = 90_000

test('a second process takes over the partitions of a killed one and finishes its open spans', async () => {
  await using folder = await temporaryFolder()
  await using hubs = await startLocalEventHubs({ hubs: [{ name: 'flows', partitions: 4 }] })
  const blobs = await startBlobStandIn({ kind: 'sas', signature: 'topsecret' })
  await using _ = { [Symbol.asyncDispose]: () => blobs.close() }
  const connection = hubs.connectionString('flows')
  const store = `${blobs.url}?sig=topsecret`
  const [one, two] = ['one', 'two'].map((name) => join(folder.path, `${name}.jsonl`)) as [string, string]
  const owners = (): ReadonlySet<string | undefined> =>
    new Set(
      [...blobs.blobs]
        .filter(([name]) => name.includes('/ownership/'))
        .map(([, { metadata }]) => metadata.get('ownerid')),
    )

  await using first = startCli(['--config', configOf(connection, store, one)])
  await first.waitFor(readySentence)
  await using second = startCli(['--config', configOf(connection, store, two)])
  await second.waitFor(readySentence)
  await until(() => owners().size === 2 && blobs.blobs.size >= 4)
  const load = new ChainLoad(hubs)
  const feeding = load.run()

  // Long enough for checkpoints, and for spans that have left and are read again.
  await until(
    async () => load.finished > 400 && (await spansIn(one)).length > 50 && checkpoints(blobs.blobs) >= 4,
  )
  first.child.kill('SIGKILL')
  await once(first.child, 'close')
  const before = await spansIn(one)
  await elapse(chainMs)
  load.stop()
  await feeding

  await until(
    async () =>
      new Set([...before, ...(await spansIn(two))].map(({ traceId }) => traceId)).size === load.started,
  )
  await endOf(second)
  const after = await spansIn(two)
  const taken = new Map<string, Set<string>>()
  for (const span of [...before, ...after]) {
    const id = `${span.traceId}/${span.spanId}`
    taken.set(id, (taken.get(id) ?? new Set()).add(digestOf(span)))
  }
  // Every chain is one span that is whole, and one that came twice came as the same.
  expect(taken.size).toBe(load.started)
  expect(incomplete(before)).toEqual([])
  expect(incomplete(after)).toEqual([])
  expect([...taken.values()].filter(({ size }) => size > 1)).toEqual([])
  // Spans that were open in the first process when it died were finished by the second.
  const killed = new Set(before.map(({ traceId }) => traceId))
  expect(after.filter(({ traceId }) => !killed.has(traceId)).length).toBeGreaterThan(50)
  expect(first.stderr() + second.stderr()).not.toMatch(new RegExp(`topsecret|${escapeRegExp(hubs.key)}`))
}, 300_000)

/** Chains of one step that begin all the time and end a while later. */
class ChainLoad {
  readonly #hubs: LocalEventHubs
  #stopped = false
  started = 0
  finished = 0

  constructor(hubs: LocalEventHubs) {
    this.#hubs = hubs
  }

  async run(): Promise<void> {
    const begun: { readonly number: number; readonly at: number }[] = []
    while (!this.#stopped || begun.length > 0) {
      const now = Date.now()
      if (!this.#stopped) {
        this.#append(this.started, 'Started', now)
        begun.push({ number: this.started++, at: now })
      }
      for (let next = begun[0]; next !== undefined && now - next.at >= chainMs; next = begun[0]) {
        this.#append(next.number, 'Completed', now)
        begun.shift()
        this.finished++
      }
      await elapse(20)
    }
  }

  stop(): void {
    this.#stopped = true
  }

  #append(number: number, status: string, now: number): void {
    const event = {
      Time: new Date(now).toISOString(),
      ChainId: `chain/${number}`,
      Step: { Id: 'step', Name: 'step', Status: status },
    }
    this.#hubs.append('flows', number % 4, JSON.stringify([event]))
  }
}

function incomplete(spans: readonly Span[]): readonly unknown[] {
  return spans.flatMap((span) => {
    const what = span.attribute('spanloom.incomplete')
    return what === undefined ? [] : [[what, span.attribute('invictus.chain.id')]]
  })
}

function checkpoints(blobs: ReadonlyMap<string, unknown>): number {
  return [...blobs.keys()].filter((name) => name.includes('/checkpoint/')).length
}

async function spansIn(file: string): Promise<readonly Span[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  // A kill may tear the last line.
  const lines = text.split('\n').slice(0, -1)
  return lines.flatMap((line) => [...parseOtlpJson(line).spans()])
}

const digestOf = (span: Span): string => createHash('sha256').update(span.bytes).digest('hex')

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await elapse(50)) {
    if (await isSo()) return
  }
  throw new Error('It did not come about in time.')
}

async function endOf(cli: CliProcess): Promise<void> {
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
}

const escapeRegExp = (text: string): string => text.replaceAll(/[^A-Za-z0-9]/g, String.raw`\$&`)

function configOf(connection: string, store: string, path: string): string {
  const config = {
    receivers: {
      invictus: {
        event_hub: {
          connection,
          blob_checkpoint_store: { storage_account_url: store, container_name: 'checkpoints' },
          checkpoint_interval: '200ms',
          max_trace_duration: `${longestTraceMs}ms`,
          load_balancing: { update_interval: '500ms', ownership_expiration: '5s' },
        },
      },
    },
    processors: {
      span_assembly: {
        profiles: {
          invictus: {
            settle: '500ms',
            start_wait: '2s',
            idle_timeout: '7s',
            on_timeout: 'drop',
            on_shutdown: 'drop',
          },
        },
      },
    },
    exporters: { file: { path } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['invictus'], processors: ['span_assembly'], exporters: ['file'] } },
    },
  }
  return `yaml:${JSON.stringify(config)}`
}
