import { once } from 'node:events'

import rhea, { type Connection, type EventContext, type Receiver } from 'rhea'
import { expect, it, vi } from 'vitest'

import type { LocalEventHubs } from '../../src/local/index.ts'
import { startHubs } from './start-hubs.ts'

/** A peer that decides itself how much it wants, with all its links in one session. */
function connectTo(hubs: LocalEventHubs, options: object = {}): Connection & AsyncDisposable {
  const connection = rhea.create_container().connect({
    host: '127.0.0.1',
    port: hubs.port,
    username: hubs.keyName,
    password: hubs.key,
    reconnect: false,
    ...options,
  })
  connection.on('disconnected', () => undefined)
  return Object.assign(connection, {
    async [Symbol.asyncDispose]() {
      const closed = once(connection, 'connection_close')
      connection.close()
      await closed
    },
  })
}

function read(
  connection: Connection,
  partition: number,
  options: object = {},
): { link: Receiver; got: number[] } {
  const link = connection.open_receiver({
    source: `flows/ConsumerGroups/$Default/Partitions/${partition}`,
    credit_window: 0,
    ...options,
  })
  const got: number[] = []
  link.on('message', ({ message }: EventContext) => void got.push(Number(message?.body.content)))
  return { link, got }
}

function fill(hubs: LocalEventHubs, partition: number, from: number, to: number): void {
  for (let i = from; i < to; i += 1) hubs.append('flows', partition, String(i))
}

it('sends what there is credit for, and holds no other link up', async () => {
  await using hubs = await startHubs()
  fill(hubs, 0, 0, 50)
  fill(hubs, 1, 100, 150)
  await using connection = connectTo(hubs)
  const [one, other] = [read(connection, 0), read(connection, 1)]

  one.link.add_credit(5)
  await vi.waitFor(() => expect(one.got).toHaveLength(5), 10_000)
  other.link.add_credit(3)
  await vi.waitFor(() => expect(other.got).toHaveLength(3), 10_000)
  one.link.add_credit(2)
  await vi.waitFor(() => expect(one.got).toHaveLength(7), 10_000)

  expect([one.got, other.got]).toEqual([
    [0, 1, 2, 3, 4, 5, 6],
    [100, 101, 102],
  ])
})

it('counts what waits for the window of a session as sent', async () => {
  await using hubs = await startHubs()
  fill(hubs, 0, 0, 200)
  fill(hubs, 1, 1_000, 1_003)
  await using connection = connectTo(hubs, { session_buffer_size: 10 })
  const [one, other] = [read(connection, 0, { autoaccept: false }), read(connection, 1)]
  const unanswered: EventContext[] = []
  one.link.on('message', (context: EventContext) => void unanswered.push(context))
  one.link.add_credit(50)
  await vi.waitFor(() => expect(one.got).toHaveLength(10), 10_000)

  // Wakes the reader, while forty deliveries wait for the peer to settle the first ten.
  one.link.add_credit(1)
  other.link.add_credit(3)
  await vi.waitFor(() => {
    for (const { delivery } of unanswered.splice(0)) delivery?.accept()
    expect(one.got).toHaveLength(51)
    expect(other.got).toHaveLength(3)
  }, 10_000)

  expect(one.got.at(-1)).toBe(50)
})

it('gives credit back that is drained, and goes on afterwards', async () => {
  await using hubs = await startHubs()
  fill(hubs, 0, 0, 3)
  await using connection = connectTo(hubs)
  const { link, got } = read(connection, 0)
  const drained = once(link, 'receiver_drained')

  link.add_credit(10)
  link.drain_credit()
  await drained
  expect(got).toEqual([0, 1, 2])
  link.drain = false
  fill(hubs, 0, 3, 20)
  link.add_credit(4)
  await vi.waitFor(() => expect(got).toHaveLength(7), 10_000)

  expect(got).toEqual([0, 1, 2, 3, 4, 5, 6])
  fill(hubs, 1, 100, 101)
  const other = read(connection, 1)
  other.link.add_credit(1)
  await vi.waitFor(() => expect(other.got).toEqual([100]), 10_000)
})

it('sends settled transfers to a peer that asks for them', async () => {
  await using hubs = await startHubs()
  fill(hubs, 0, 0, 1)
  await using connection = connectTo(hubs)
  const { link } = read(connection, 0, { snd_settle_mode: 1 })
  const message = once(link, 'message')

  link.add_credit(1)
  const [context]: EventContext[] = await message

  expect(context?.delivery?.remote_settled).toBe(true)
})

it('delivers more than fits into the window of a session', async () => {
  await using hubs = await startHubs()
  fill(hubs, 0, 0, 20_000)
  await using connection = connectTo(hubs)
  const { link, got } = read(connection, 0)

  link.add_credit(20_000)
  await vi.waitFor(() => expect(got).toHaveLength(20_000), 20_000)

  expect(got).toEqual(Array.from({ length: 20_000 }, (_, i) => i))
}, 30_000)
