import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, test } from 'vitest'

import { type RunningProcess, startProcess } from './process.ts'
import { findProton, type Proton, protonTask } from './proton.ts'
import { findRabbitmq, startRabbitmq } from './rabbitmq.ts'
import { withPeer } from './vitest.ts'

const command = fileURLToPath(new URL('../../packages/collector/src/cli.ts', import.meta.url))
const limitMs = 120_000

interface Hubs extends AsyncDisposable {
  /** What a task of Proton needs to get in. */
  readonly access: { readonly url: string; readonly keyName: string; readonly key: string }
  /** What `spanloom eventhub read --as json` tells about a hub. */
  read(hub: string): Promise<unknown[]>
}

/** Starts the stand-in for Event Hubs with the hubs `flows` and `back`, each of one partition. */
async function startHubs(): Promise<Hubs> {
  const serving = await startProcess({
    command: process.execPath,
    args: [command, 'eventhub', 'serve', '--port', '0', '--hub', 'flows:1', '--hub', 'back:1'],
    ready: /^Ready/,
    readyOn: 'stdout',
  })
  const strings = serving.stdout().match(/^Endpoint=.*$/gm) ?? []
  const [, host, keyName, key] =
    /^Endpoint=sb:\/\/([^;]+);\w+=([^;]+);\w+=([^;]+)/.exec(strings[0] ?? '') ?? []
  return {
    access: { url: host ?? '', keyName: keyName ?? '', key: key ?? '' },
    async read(hub) {
      const text = strings.find((each) => each.endsWith(`=${hub}`)) ?? ''
      const reading = await startProcess({
        command: process.execPath,
        args: [command, 'eventhub', 'read', '--as', 'json'],
        env: { EVENTHUB_CONNECTION_STRING: text },
        ready: /^\{/,
        readyOn: 'stdout',
      })
      return linesOf(reading)
    },
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  }
}

async function linesOf(reading: RunningProcess): Promise<unknown[]> {
  await reading.exited
  return reading
    .stdout()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
}

/** The properties of every event that `amqp_peer.py` sends, with the names of their AMQP types. */
const sentProperties = {
  int: 'int32:int32(-7)',
  ubyte: 'ubyte:ubyte(200)',
  long: 'int:1099511627776',
  real: 'float:1.5',
  yes: 'bool:True',
  text: 'str:grüße',
  time: 'timestamp:timestamp(1700000000000)',
}

const proton = await findProton()
const rabbitmq = await findRabbitmq()

describe('Apache Qpid Proton and the stand-in for Event Hubs', () => {
  withPeer('proton', proton?.python, () => {
    const peer = proton as Proton

    test(
      'Proton learns about a hub and its partitions',
      async () => {
        await using hubs = await startHubs()
        await protonTask(peer, { ...hubs.access, task: 'send', hub: 'flows', count: 2 })

        const [granted, hub, partition] = await protonTask(peer, {
          ...hubs.access,
          task: 'info',
          hub: 'flows',
        })

        expect(granted).toEqual({ status: 202 })
        expect(hub).toMatchObject({
          hub: {
            name: 'str:flows',
            partition_count: 'int32:int32(1)',
            partition_ids: expect.stringMatching(/^Array:.*'0'/),
            created_at: expect.stringMatching(/^timestamp:/),
          },
        })
        expect(partition).toMatchObject({
          partition: { last_enqueued_sequence_number: 'int:1', is_partition_empty: 'bool:False' },
        })
      },
      limitMs,
    )

    test(
      'events of Proton come back to it with every type as it was',
      async () => {
        await using hubs = await startHubs()
        await protonTask(peer, {
          ...hubs.access,
          task: 'send',
          hub: 'flows',
          count: 20,
          partitionKey: 'chain',
        })

        const selector = "amqp.annotation.x-opt-sequence-number > '17'"
        const read = { ...hubs.access, task: 'read', hub: 'flows', partition: '0', count: 2, selector }
        const [, first, second] = await protonTask(peer, read)

        expect(first).toEqual({
          body: 'bytes:event 18',
          id: 'message-18',
          contentType: 'application/json',
          annotations: {
            'x-opt-sequence-number': 'int:18',
            'x-opt-offset': expect.stringMatching(/^str:\d+$/),
            'x-opt-enqueued-time': expect.stringMatching(/^timestamp:/),
            'x-opt-partition-key': 'str:chain',
          },
          properties: sentProperties,
        })
        expect(second).toMatchObject({ body: 'bytes:event 19' })
      },
      limitMs,
    )

    test(
      'the official client reads what Proton sent',
      async () => {
        await using hubs = await startHubs()
        await protonTask(peer, {
          ...hubs.access,
          task: 'send',
          hub: 'flows',
          count: 3,
          partitionKey: 'chain',
        })

        const events = await hubs.read('flows')

        expect(events).toHaveLength(3)
        expect(events[2]).toMatchObject({
          sequence_number: 2,
          partition_key: 'chain',
          content_type: 'application/json',
          message_id: 'message-2',
          body: 'event 2',
          properties: { int: -7, ubyte: 200, text: 'grüße', yes: true },
        })
      },
      limitMs,
    )

    test(
      'a link without a token is refused',
      async () => {
        await using hubs = await startHubs()

        const attempt = protonTask(peer, { ...hubs.access, task: 'unauthorized', hub: 'flows' })

        await expect(attempt).rejects.toThrow('amqp:unauthorized-access')
      },
      limitMs,
    )

    describe('and RabbitMQ', () => {
      withPeer('rabbitmq', rabbitmq, (root) => {
        test(
          'events as the stand-in encodes them pass a RabbitMQ queue, and come back to a hub',
          async () => {
            const dir = await mkdtemp(join(tmpdir(), 'rabbitmq-'))
            await using cleanup = new AsyncDisposableStack()
            cleanup.defer(() => rm(dir, { recursive: true, force: true }))
            await using hubs = await startHubs()
            await using broker = await startRabbitmq(root, dir)
            await protonTask(peer, {
              ...hubs.access,
              task: 'send',
              hub: 'flows',
              count: 10,
              partitionKey: 'chain',
            })

            const [, ...relayed] = await protonTask(peer, {
              ...hubs.access,
              task: 'relay',
              hub: 'flows',
              backHub: 'back',
              count: 10,
              brokerUrl: broker.address,
            })
            const back = await hubs.read('back')

            expect(relayed).toHaveLength(10)
            for (const passed of relayed)
              expect(passed).toEqual({ before: expect.anything(), after: beforeOf(passed) })
            expect(relayed[9]).toMatchObject({
              after: {
                body: 'bytes:event 9',
                properties: sentProperties,
                annotations: { 'x-opt-sequence-number': 'int:9' },
              },
            })
            expect(back).toHaveLength(10)
            expect(back[9]).toMatchObject({
              body: 'event 9',
              message_id: 'message-9',
              partition_key: 'chain',
              properties: { int: -7, ubyte: 200, text: 'grüße' },
            })
          },
          limitMs,
        )
      })
    })
  })
})

function beforeOf(passed: unknown): unknown {
  return typeof passed === 'object' && passed !== null && 'before' in passed ? passed.before : undefined
}
