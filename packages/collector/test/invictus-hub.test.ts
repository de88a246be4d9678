import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { EventHubProducerClient } from '@azure/event-hubs'
import { parseOtlpJson, type Span } from '@spanloom/core'
import { type LocalEventHubs, startLocalEventHubs } from '@spanloom/eventhubs/local'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { bookOf, closedBooks } from './books.ts'
import { command } from './command.ts'
import { exampleFolder, temporaryFolder } from './example-run.ts'
import { type CliProcess, freePort, readySentence, startCli } from './process.ts'

vi.setConfig({ testTimeout: 120_000 })

let hubs: LocalEventHubs
beforeAll(async () => {
  hubs = await startLocalEventHubs({
    hubs: [
      { name: 'seed', partitions: 2 },
      { name: 'poison', partitions: 1 },
    ],
    maxMessageSize: 4 << 20,
  })
})
afterAll(() => hubs.close())

interface Running {
  readonly cli: CliProcess
  readonly admin: string
  readonly spans: () => Promise<readonly Span[]>
}

async function started(hub: string, folder: string, receiver: object = {}): Promise<Running> {
  const admin = `127.0.0.1:${await freePort()}`
  const path = join(folder, 'spans.jsonl')
  const config = {
    receivers: {
      invictus: {
        event_hub: {
          connection: hubs.connectionString(hub),
          storage: 'file_storage',
          checkpoint_interval: '0s',
        },
        dead_letters: { storage: 'file_storage' },
        ...receiver,
      },
    },
    processors: { span_assembly: { profiles: { invictus: { settle: '200ms', start_wait: '1s' } } } },
    exporters: { file: { path, append: true } },
    extensions: {
      file_storage: { directory: folder, min_free_disk: 0, ballast: 0 },
      admin: { endpoint: admin },
    },
    service: {
      extensions: ['file_storage', 'admin'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['invictus'], processors: ['span_assembly'], exporters: ['file'] } },
    },
  }
  const cli = startCli(['--config', `yaml:${JSON.stringify(config)}`])
  await cli.waitFor(readySentence)
  return {
    cli,
    admin: `http://${admin}`,
    async spans() {
      const text = await readFile(path, 'utf8').catch(() => '')
      return text.split('\n').flatMap((line) => (line === '' ? [] : [...parseOtlpJson(line).spans()]))
    },
  }
}

const eventually = (expectation: () => Promise<void>): Promise<void> =>
  vi.waitFor(expectation, { timeout: 60_000, interval: 100 })

test('events that the official client sends arrive as a tree of spans in a file', async () => {
  await using folder = await temporaryFolder()
  const run = await started('seed', folder.path)
  await using cli = run.cli
  const events = JSON.parse(
    await readFile(join(exampleFolder, 'samples', 'invictus-flow.json'), 'utf8'),
  ) as object[]

  await using _ = { [Symbol.asyncDispose]: () => client.close() }
  const client = new EventHubProducerClient(hubs.connectionString('seed'))
  // Each event in a message of its own, the last one first, over both partitions.
  for (const [index, event] of events.toReversed().entries()) {
    await client.sendBatch([{ body: Buffer.from(JSON.stringify([event])) }], {
      partitionId: String(index % 2),
    })
  }

  await eventually(async () => expect(await run.spans()).toHaveLength(3))
  const spans = await run.spans()
  const nameOf = new Map(spans.map(({ spanId, name }) => [spanId, name]))
  expect(
    spans
      .map(({ name, parentSpanId, status }) => [name, nameOf.get(parentSpanId) ?? '', status.code])
      .toSorted(([a = ''], [b = '']) => a.localeCompare(b)),
  ).toEqual([
    ['Invoice', '', 'UNSET'],
    ['Notify customer', 'Invoice', 'ERROR'],
    ['Validate', 'Invoice', 'UNSET'],
  ])
  const invoice = spans.find(({ name }) => name === 'Invoice')
  expect(invoice).toMatchObject({
    traceId: 'edbd5ddbb20644378ac35401b148c8cb',
    spanId: '510f7fe9fb454255',
    startTimeUnixNano: 1_563_872_104_050_000_000n,
  })
  expect(invoice?.attributes).toMatchObject({ 'invictus.data.MyKey1': 'MyValue1', 'cloud.provider': 'azure' })
  const books = await closedBooks(run.admin)
  expect(bookOf(books, 'span_assembly')).toMatchObject({ in: 6, out: 3, merged: 3 })
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
  expect(cli.stderr()).not.toContain(hubs.key)
})

test('bad input is in the dead letters with its reason, and everything else is taken', async () => {
  await using folder = await temporaryFolder()
  const run = await started('poison', folder.path)
  await using cli = run.cli
  const event = (chain: string, more: object = {}): object => ({
    Time: '2026-03-01 10:00:00.0000000 +00:00',
    ChainId: chain,
    Step: { Id: 'a', Name: chain, Status: 'Completed' },
    ...more,
  })
  const { Step: _, ...withoutStep } = event('no step') as Record<string, unknown>
  const send = (body: string | Uint8Array): void => hubs.append('poison', 0, body)

  send(JSON.stringify([event('first')]))
  send('private {')
  send('"private"')
  send(
    JSON.stringify([
      event('second'),
      { ...event('x'), ChainId: undefined },
      withoutStep,
      event('third', { Step: { Id: 'a', Name: 'third', Status: 'Paused' } }),
      event('fourth', { Time: 'soon' }),
    ]),
  )
  send(JSON.stringify([event('private', { Source: 'x'.repeat(2 << 20) })]))
  send(Buffer.from([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d]))
  send(JSON.stringify([event('last')]))

  await eventually(async () => {
    const names = (await run.spans()).map(({ name }) => name)
    expect(names.toSorted()).toEqual(['first', 'fourth', 'last', 'second'])
  })
  const books = await closedBooks(run.admin)
  expect(bookOf(books, 'invictus')).toMatchObject({ out: 5 })
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
  expect(cli.stderr()).not.toContain('private')

  const flags = ['--directory', folder.path]
  const list = await command(['queue', 'ls', '--receiver', 'invictus', '--format', 'json', ...flags])
  const letters = JSON.parse(list.stdout) as { id: number; state: string; reason: string; bytes: number }[]
  expect(letters.map(({ state, reason }) => [state, reason.replace('permanent_error: ', '')])).toEqual([
    ['dead', 'not_json: The message is not JSON.'],
    ['dead', 'not_an_object: number 1 of 1 events is no object'],
    ['dead', 'no_chain_id: number 2 of 5 events has no ChainId'],
    ['dead', 'no_step: number 3 of 5 events has no Step'],
    ['dead', 'too_large: The message is larger than 1048576 bytes.'],
    ['dead', 'not_json: The message is not JSON.'],
  ])
  expect(letters[4]?.bytes).toBeGreaterThan(2 << 20)
  expect((await command(['queue', 'ls', ...flags])).stdout).toMatch(/receiver invictus +0 +0 +0 +6/)
  const shown = await command(['queue', 'show', '3', '--receiver', 'invictus', ...flags])
  expect(shown.stdout).toMatch(/no_chain_id/)
  const to = join(folder.path, 'letters')
  await command(['queue', 'export', '--as', 'raw', '--to', to, '--receiver', 'invictus', ...flags])
  expect(JSON.parse(await readFile(join(to, '4.json'), 'utf8'))).toMatchObject([{ ChainId: 'no step' }])

  // What was too large is taken once it is allowed to be.
  await command(['queue', 'retry', '5', '--receiver', 'invictus', ...flags])
  await command(['queue', 'drop', '1', '--receiver', 'invictus', ...flags])
  const again = await started('poison', folder.path, { max_body_size: 4 << 20 })
  await using second = again.cli
  await eventually(async () => expect((await again.spans()).map(({ name }) => name)).toContain('private'))
  second.signal('SIGTERM')
  expect(await second.exit).toBe(0)
  const rest = await command(['queue', 'ls', ...flags])
  expect(rest.stdout).toMatch(/receiver invictus +0 +0 +0 +4/)
})
