import { once } from 'node:events'
import { connect } from 'node:net'

import rhea, { type Connection, type EventContext, type Sender } from 'rhea'
import { expect, it, vi } from 'vitest'

import type { LocalEventHubs } from '../../src/local/index.ts'
import { produceTo } from './azure-clients.ts'
import { startHubs } from './start-hubs.ts'

/** Shows that others are still served. */
async function expectToWork(hubs: LocalEventHubs): Promise<void> {
  await using producer = produceTo(hubs.connectionString('flows'))
  await producer.sendBatch([{ body: Buffer.from('works') }])
  expect(hubs.read('flows').map(({ body }) => Buffer.from(body).toString())).toEqual(['works'])
}

it.for<[string, Buffer]>([
  ['a request of another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a frame of 4 GB', Buffer.from('AMQP\u0003\u0001\u0000\u0000\xff\xff\xff\xff', 'latin1')],
  ['a frame of no bytes', Buffer.from('AMQP\u0000\u0001\u0000\u0000\u0000\u0000\u0000\u0000', 'latin1')],
  [
    'a frame of nonsense',
    Buffer.from(
      'AMQP\u0000\u0001\u0000\u0000\u0000\u0000\u0000\u0010\u0002\u0000\u0000\u0000abcdefgh',
      'latin1',
    ),
  ],
])('hangs up on %s', async ([, bytes]) => {
  await using hubs = await startHubs()
  const socket = connect(hubs.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.resume()

  socket.write(bytes)
  await once(socket, 'close')

  await vi.waitFor(() => expect(hubs.connections).toBe(0), 10_000)
  await expectToWork(hubs)
})

/** Connects with a library that does not check what it sends. */
function connectTo(hubs: LocalEventHubs, credentials: { username: string; password?: string }): Connection {
  const connection = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port: hubs.port, reconnect: false, ...credentials })
  const events = ['connection_error', 'connection_close', 'sender_error', 'disconnected', 'error']
  for (const event of events) connection.on(event, () => undefined)
  return connection
}

/** Opens a link as the owner of the key. */
async function senderTo(hubs: LocalEventHubs, target: string): Promise<Sender & AsyncDisposable> {
  const connection = connectTo(hubs, { username: hubs.keyName, password: hubs.key })
  const sender = connection.open_sender(target)
  await once(sender, 'sendable')
  return Object.assign(sender, {
    async [Symbol.asyncDispose]() {
      connection.close()
      await vi.waitFor(() => expect(hubs.connections).toBe(0), 10_000)
    },
  })
}

async function outcomeOf(sender: Sender, message: Buffer, format: number): Promise<string | undefined> {
  const settled: Promise<EventContext[]> = once(sender, 'settled')
  sender.send(message, undefined, format)
  const [context] = await settled
  const state: { error?: { condition?: string } } | undefined = context?.delivery?.remote_state
  return state?.error?.condition
}

it('rejects what is no message, as a whole batch', async () => {
  await using hubs = await startHubs()
  {
    await using sender = await senderTo(hubs, 'flows')
    const sound = rhea.message.encode({ body: rhea.message.data_section(Buffer.from('x')) })
    const batch = rhea.message.encode({ body: rhea.message.data_sections([sound, Buffer.from('nonsense')]) })

    expect(await outcomeOf(sender, Buffer.from('nonsense'), 0)).toBe('amqp:decode-error')
    expect(await outcomeOf(sender, batch, 0x80013700)).toBe('amqp:decode-error')
    expect(await outcomeOf(sender, Buffer.alloc(100_000), 0)).toBe('amqp:decode-error')
  }
  expect(hubs.read('flows')).toEqual([])
  await expectToWork(hubs)
})

it('rejects a message over the limit, and hangs up on an endless one', async () => {
  await using hubs = await startHubs({ maxMessageSize: 100_000 })
  await using sender = await senderTo(hubs, 'flows')
  const closed = once(sender.connection, 'connection_close')

  expect(await outcomeOf(sender, Buffer.alloc(150_000), 0)).toBe('amqp:link:message-size-exceeded')
  sender.send(Buffer.alloc(10_000_000), undefined, 0)
  await closed

  expect(sender.connection.error).toMatchObject({ condition: 'amqp:link:message-size-exceeded' })
})

it.for([
  ['a target that is none', 'flows/Somewhere/1', 'amqp:not-found'],
  ['a partition that is none', 'flows/Partitions/99', 'com.microsoft:argument-out-of-range'],
])('refuses %s', async ([, target = '', condition]) => {
  await using hubs = await startHubs()
  const connection = connectTo(hubs, { username: hubs.keyName, password: hubs.key })
  const sender = connection.open_sender(target)

  await once(sender, 'sender_error')

  expect(sender.error).toMatchObject({ condition })
  connection.close()
})

it.for(['anonymous', 'RootManageSharedAccessKey'])(
  'admits nobody as %s without a token',
  async (username) => {
    await using hubs = await startHubs()
    const connection = connectTo(hubs, { username })
    const sender = connection.open_sender('flows')

    await once(sender, 'sender_error')

    expect(sender.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
    connection.close()
  },
)

it('admits nobody with the wrong key', async () => {
  await using hubs = await startHubs()
  const connection = connectTo(hubs, { username: hubs.keyName, password: 'wrong' })

  const [context]: EventContext[] = await once(connection, 'connection_error')

  expect(context?.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
})

it('tells nobody about a hub without a token', async () => {
  await using hubs = await startHubs()
  const connection = connectTo(hubs, { username: 'anonymous' })
  const replies = connection.open_receiver({ source: '$management', target: 'replies' })
  const requests = connection.open_sender('$management')
  await once(requests, 'sendable')
  const reply = once(replies, 'message')

  requests.send({
    message_id: '1',
    reply_to: 'replies',
    application_properties: { operation: 'READ', name: 'flows', type: 'com.microsoft:eventhub' },
    body: '',
  })
  const [context]: EventContext[] = await reply

  expect(context?.message?.application_properties).toMatchObject({
    'status-code': 401,
    'error-condition': 'amqp:unauthorized-access',
  })
  connection.close()
})
