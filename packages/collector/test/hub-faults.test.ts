import { createHash } from 'node:crypto'
import { setTimeout as elapse } from 'node:timers/promises'

import { Traces } from '@spanloom/core'
import { type LocalEventHubs, serverBusy, startLocalEventHubs } from '@spanloom/eventhubs/local'
import { expect, test } from 'vitest'

import { bookOf, closedBooks } from './books.ts'
import { temporaryFolder } from './example-run.ts'
import { FlowLoad } from './hub-kills/flow-load.ts'
import { freePort, readySentence, startCli } from './process.ts'

const patienceMs = 120_000

/** What a service does on a bad day, one after the other. */
const faults: readonly (readonly [name: string, strike: (hubs: LocalEventHubs) => unknown])[] = [
  ['throttling', ({ faults: each }) => each.throttle({ count: 5 })],
  ['detached links', ({ faults: each }) => each.detachLinks()],
  ['lost connections', ({ faults: each }) => each.destroyConnections()],
  ['lost outcomes', ({ faults: each }) => each.loseOutcomes({ count: 2 })],
  [
    'refused tokens',
    ({ faults: each }) => {
      each.refuseTokens({ count: 3 })
      each.destroyConnections()
    },
  ],
  ['server busy', ({ faults: each }) => each.rejectSends(serverBusy, { count: 3 })],
  ['stolen partition', ({ faults: each }) => each.stealOwnership('flows', '1')],
  ['closed connections', ({ faults: each }) => each.closeConnections()],
  [
    'refused links',
    ({ faults: each }) => {
      each.refuseLinks(serverBusy, { count: 2 })
      each.detachLinks()
    },
  ],
]

test('faults of a hub on both sides cost nothing and tell no secret', async () => {
  await using folder = await temporaryFolder()
  await using hubs = await startLocalEventHubs({
    hubs: [
      { name: 'flows', partitions: 4 },
      { name: 'spans', partitions: 2 },
    ],
  })
  const admin = `127.0.0.1:${await freePort()}`
  const config = configOf(folder.path, hubs, admin)
  await using cli = startCli(['--config', `yaml:${JSON.stringify(config)}`])
  await cli.waitFor(readySentence)
  const load = new FlowLoad(hubs, 'flows')

  for (const [, strike] of faults) {
    load.append(400)
    await arrival(hubs, 1)
    strike(hubs)
    load.append(400)
    await elapse(300)
  }
  hubs.faults.clear()
  await arrival(hubs, load.expected.size)

  const arrived = new Map<string, Set<string>>()
  for (const { body } of hubs.read('spans')) {
    for (const span of Traces.fromProtobuf(body).spans()) {
      const id = `${span.traceId}/${span.name}`
      const digest = createHash('sha256').update(span.bytes).digest('hex')
      arrived.set(id, (arrived.get(id) ?? new Set()).add(digest))
    }
  }
  expect(new Set(arrived.keys())).toEqual(new Set(load.expected.keys()))
  expect([...arrived.values()].filter(({ size }) => size > 1)).toEqual([])
  const books = await closedBooks(`http://${admin}`)
  expect(bookOf(books, 'azure_event_hub')).toMatchObject({ dropped: {}, held: 0 })
  cli.signal('SIGTERM')
  expect(await cli.exit).toBe(0)
  expect(cli.stderr()).not.toContain(hubs.key)
  expect(cli.stderr()).not.toMatch(/SharedAccessSignature sr=|sig=/)
}, 300_000)

/** Waits until that many different spans are in the hub. */
async function arrival(hubs: LocalEventHubs, count: number): Promise<void> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await elapse(200)) {
    const names = new Set<string>()
    for (const { body } of hubs.read('spans')) {
      for (const { traceId, spanId } of Traces.fromProtobuf(body).spans()) names.add(`${traceId}/${spanId}`)
    }
    if (names.size >= count) return
  }
  throw new Error(`${count} spans did not arrive in time.`)
}

function configOf(directory: string, hubs: LocalEventHubs, admin: string): object {
  return {
    receivers: {
      invictus: { event_hub: { connection: hubs.connectionString('flows'), storage: 'file_storage' } },
    },
    processors: { span_assembly: { storage: 'file_storage', profiles: { invictus: { settle: '200ms' } } } },
    exporters: {
      azure_event_hub: {
        connection: hubs.connectionString('spans'),
        retry_on_failure: { initial_interval: '50ms', max_interval: '500ms', max_elapsed_time: 0 },
        sending_queue: { storage: 'file_storage', queue_size: 100_000 },
      },
    },
    extensions: { file_storage: { directory, min_free_disk: 0, ballast: 0 }, admin: { endpoint: admin } },
    service: {
      extensions: ['file_storage', 'admin'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['invictus'], processors: ['span_assembly'], exporters: ['azure_event_hub'] },
      },
    },
  }
}
