import { PermanentError, RetryableError, ThrottleError } from '@spanloom/core'
import { serverBusy, startLocalEventHubs, type LocalEventHubs } from '@spanloom/eventhubs/local'
import { expect, it, onTestFinished } from 'vitest'

import { numbered, patienceMs, sendUntilTaken, soon, startProducer, textOf } from './start-clients.ts'

async function startHub(partitions = 4, maxMessageSize?: number): Promise<LocalEventHubs> {
  const hub = await startLocalEventHubs({
    hubs: [{ name: 'flows', partitions }],
    ...(maxMessageSize === undefined ? {} : { maxMessageSize }),
  })
  onTestFinished(() => hub.close())
  return hub
}

const bodies = (hub: LocalEventHubs, partition?: number): string[] =>
  hub.read('flows', partition).map((event) => textOf(event))

it('sends events with everything that belongs to them', async () => {
  const hub = await startHub()
  const { producer } = await startProducer({ connection: hub.connectionString('flows') })
  await producer.send(
    [
      {
        body: Buffer.from('[1]'),
        contentType: 'application/json',
        messageId: 'm-1',
        correlationId: 'c-1',
        properties: { tenant: 'acme', count: 3, fast: true },
      },
    ],
    { signal: soon() },
  )
  const [event] = hub.read('flows')
  expect(event).toMatchObject({
    contentType: 'application/json',
    messageId: 'm-1',
    correlationId: 'c-1',
    properties: { tenant: 'acme', count: 3, fast: true },
  })
  expect(bodies(hub)).toEqual(['[1]'])
})

it('packs many events into few batches and keeps none back', async () => {
  const hub = await startHub()
  const { producer } = await startProducer({ connection: hub.connectionString('flows'), batch_size: 10_000 })
  await producer.send(numbered(2_000), { signal: soon() })
  expect(new Set(bodies(hub)).size).toBe(2_000)
  expect(hub.read('flows')).toHaveLength(2_000)
})

it.each(['service', 'client'])(
  'keeps the events of a key in order and in one partition (%s)',
  async (assignment) => {
    const hub = await startHub()
    const { producer } = await startProducer({
      connection: hub.connectionString('flows'),
      partition_assignment: assignment,
      batch_size: 500,
    })
    const keys = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(
      [0, 1, 2].map((call) =>
        producer.send(
          keys.flatMap((key) => numbered(40, { partitionKey: key }, `${key}-${call}-`)),
          { signal: soon() },
        ),
      ),
    )
    for (const key of keys) {
      const mine = hub.read('flows').filter((event) => textOf(event).startsWith(`${key}-`))
      expect(new Set(mine.map((event) => event.partitionId)).size).toBe(1)
      expect(mine.map((event) => textOf(event))).toEqual(
        [0, 1, 2].flatMap((call) => numbered(40, {}, `${key}-${call}-`)).map((event) => textOf(event)),
      )
    }
  },
)

it('sends to the partition that an event names', async () => {
  const hub = await startHub()
  const { producer } = await startProducer({ connection: hub.connectionString('flows') })
  await producer.send(numbered(10, { partitionId: '2' }), { signal: soon() })
  expect(bodies(hub, 2)).toEqual(numbered(10).map((event) => textOf(event)))
})

it('cuts batches by the limit of the link and refuses what is larger alone', async () => {
  const hub = await startHub(1, 262_144)
  const { producer } = await startProducer({ connection: hub.connectionString('flows'), batch_size: 900_000 })
  const largest = await producer.maxEventSize()
  expect(largest).toBeLessThan(262_144)
  expect(largest).toBeGreaterThan(260_000)
  await producer.send([{ body: Buffer.alloc(largest) }, ...numbered(3)], { signal: soon() })
  expect(hub.read('flows')).toHaveLength(4)
  const refused = producer.send([{ body: Buffer.alloc(262_144) }], { signal: soon() })
  await expect(refused).rejects.toBeInstanceOf(PermanentError)
  await expect(refused).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' })
})

it('tells a busy hub from a broken one', async () => {
  const hub = await startHub()
  const { producer } = await startProducer({ connection: hub.connectionString('flows') })
  hub.faults.throttle({ count: 1 })
  await expect(producer.send(numbered(1), { signal: soon() })).rejects.toBeInstanceOf(ThrottleError)
  hub.faults.rejectSends({ condition: 'amqp:not-allowed', description: 'No.' }, { count: 1 })
  await expect(producer.send(numbered(1), { signal: soon() })).rejects.toMatchObject({
    code: 'HUB_REFUSED',
    permanent: true,
  })
  hub.faults.rejectSends({ condition: 'amqp:internal-error', description: 'Oh.' }, { count: 1 })
  await expect(producer.send(numbered(1), { signal: soon() })).rejects.toBeInstanceOf(RetryableError)
  await producer.send(numbered(1), { signal: soon() })
  expect(bodies(hub)).toEqual(['e0'])
})

it('says what is not there', async () => {
  const hub = await startHub()
  const { producer } = await startProducer({ connection: hub.connectionString('nothing') })
  await expect(producer.send(numbered(1), { signal: soon() })).rejects.toMatchObject({
    code: 'HUB_NOT_FOUND',
    permanent: true,
  })
})

it('shows no key when the hub refuses it', async () => {
  const hub = await startHub()
  const wrong = 'd3JvbmcgYnV0IHN0aWxsIHNlY3JldA=='
  const connection = hub.connectionString('flows').replace(hub.key, wrong)
  const { producer, telemetry } = await startProducer({ connection })
  const refused = await producer.send(numbered(1), { signal: soon() }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'HUB_UNAUTHORIZED', permanent: false })
  const shown = JSON.stringify([refused, telemetry.logger.lines], Object.getOwnPropertyNames(Error.prototype))
  expect(shown).not.toContain(wrong)
  expect(String(refused instanceof Error ? refused.cause : '')).not.toContain(wrong)
})

it('loses nothing when faults of all kinds strike while it sends', { timeout: patienceMs }, async () => {
  const hub = await startHub()
  // After a detached link the SDK waits until the time for the outcome is over.
  const connection = hub.connectionString('flows')
  const { producer } = await startProducer({ connection, batch_size: 2_000 }, 1_500)
  const faults = [
    () => hub.faults.throttle({ count: 2 }),
    () => hub.faults.rejectSends(serverBusy, { count: 2 }),
    () => void hub.faults.detachLinks(),
    () => void hub.faults.destroyConnections(),
    () => void hub.faults.closeConnections(),
    () => hub.faults.loseOutcomes({ count: 1 }),
    () => hub.faults.refuseTokens({ count: 1 }),
    () => hub.faults.refuseLinks({ condition: 'com.microsoft:timeout', description: 'Late.' }, { count: 1 }),
  ]
  const expected = new Set<string>()
  for (const [index, strike] of faults.entries()) {
    const events = numbered(100, {}, `${index}-`)
    for (const event of events) expected.add(textOf(event))
    strike()
    await sendUntilTaken(producer, events)
  }
  expect(new Set(bodies(hub))).toEqual(expected)
})

it('notices a lost connection at once instead of waiting for the outcome', async () => {
  const hub = await startHub()
  const { producer } = await startProducer({ connection: hub.connectionString('flows') }, 60_000)
  await producer.send(numbered(1), { signal: soon() })
  hub.faults.loseOutcomes({ count: 1 })
  const begin = performance.now()
  await expect(producer.send(numbered(1), { signal: soon() })).rejects.toMatchObject({
    code: 'HUB_DISCONNECTED',
  })
  expect(performance.now() - begin).toBeLessThan(10_000)
  await sendUntilTaken(producer, numbered(1))
})

it('stops waiting when the caller gives up, and closes twice', async () => {
  const hub = await startHub()
  const { producer } = await startProducer({ connection: hub.connectionString('flows') })
  await producer.send(numbered(1), { signal: soon() })
  hub.faults.delayOutcomes(30_000)
  const caller = new AbortController()
  const sent = producer.send(numbered(1), { signal: caller.signal })
  caller.abort(new Error('Enough.'))
  await expect(sent).rejects.toThrow('Enough.')
  await producer.close(soon())
  await producer.close(soon())
  await expect(producer.send(numbered(1), { signal: soon() })).rejects.toMatchObject({ code: 'SHUTDOWN' })
})
