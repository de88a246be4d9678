import { once } from 'node:events'
import { connect } from 'node:net'

import { expect, it, vi } from 'vitest'

import type { LocalEventHubs } from '../../src/local/index.ts'
import { apiErrors, clientOptions, kafkaHubs, producerTo } from './kafka-clients.ts'

it('refuses other compressions', async () => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs, { compression: 'zstd' })

  const sending = producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'x' }] })

  expect(await apiErrors(sending)).toEqual(['UNSUPPORTED_COMPRESSION_TYPE'])
})

it.for<[string, (hubs: LocalEventHubs) => string]>([
  ['the wrong key', (hubs) => hubs.connectionString().replace(hubs.key, 'wrong')],
  ['what is no connection string', () => 'password'],
])('refuses %s', async ([, password]) => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs, clientOptions(hubs, password(hubs)))

  const sending = producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'x' }] })

  expect(await apiErrors(sending)).toContain('SASL_AUTHENTICATION_FAILED')
  expect(hubs.read('flows')).toEqual([])
})

it('accepts a bearer token', async () => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs, { sasl: { mechanism: 'OAUTHBEARER', token: 'aaa.bbb.ccc' } })

  await producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'x' }] })

  expect(hubs.read('flows')).toHaveLength(1)
})

it.for([
  ['throttle', 'POLICY_VIOLATION'],
  ['refuseTokens', 'SASL_AUTHENTICATION_FAILED'],
] as const)('shows %s to Kafka clients too', async ([fault, error]) => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs)
  const send = (): Promise<unknown> =>
    producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'x' }] })
  hubs.faults[fault]({ count: 1 })

  expect(await apiErrors(send())).toContain(error)
  await send()

  expect(hubs.read('flows')).toHaveLength(1)
})

it('stores and hangs up when outcomes are lost', async () => {
  await using hubs = await kafkaHubs()
  await using producer = producerTo(hubs)
  hubs.faults.loseOutcomes({ count: 1 })

  const failure = await producer
    .send({ messages: [{ topic: 'flows', partition: 0, value: 'x' }] })
    .catch((error: unknown) => error)

  expect(failure).toBeInstanceOf(Error)
  expect(hubs.read('flows')).toHaveLength(1)
})

it('refuses records over the limit, and hubs that are not there', async () => {
  await using hubs = await kafkaHubs({ maxMessageSize: 10_000 })
  await using producer = producerTo(hubs)

  const large = producer.send({ messages: [{ topic: 'flows', partition: 0, value: 'x'.repeat(12_000) }] })
  expect(await apiErrors(large)).toEqual(['MESSAGE_TOO_LARGE'])
  const missing = producer.send({ messages: [{ topic: 'floes', partition: 0, value: 'x' }] })
  await expect(missing).rejects.toThrow('Unknown topic floes')
})

it.for<[string, Buffer]>([
  ['a frame of 2 GB', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
  [
    'a request before the log-in',
    Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  ],
  ['a version that is too new', Buffer.from([0, 0, 0, 10, 0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff])],
  ['a request that ends early', Buffer.from([0, 0, 0, 4, 0, 17, 0, 1])],
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
])('hangs up on %s', async ([, bytes]) => {
  await using hubs = await kafkaHubs()
  const socket = connect(hubs.kafkaPort ?? 0, '127.0.0.1')
  socket.resume()

  socket.write(bytes)
  await once(socket, 'close')

  await vi.waitFor(() => expect(hubs.connections).toBe(0), 10_000)
})

/** A request of the Kafka protocol, behind its length. */
function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

it('takes a proof without a header after the first version of the handshake', async () => {
  await using hubs = await kafkaHubs()
  const socket = connect(hubs.kafkaPort ?? 0, '127.0.0.1')
  const answer = async (): Promise<Buffer> => {
    const [bytes]: Buffer[] = await once(socket, 'data')
    return bytes ?? Buffer.alloc(0)
  }

  socket.write(framed(Buffer.from('\0\u0011\0\0\0\0\0\u0001\0\u0001t\0\u0005PLAIN', 'latin1')))
  expect((await answer()).subarray(4, 10)).toEqual(Buffer.from([0, 0, 0, 1, 0, 0]))
  socket.write(framed(Buffer.from(`\0$ConnectionString\0${hubs.connectionString()}`)))
  expect(await answer()).toEqual(Buffer.alloc(4))
  // Metadata of all hubs, version 1.
  socket.write(framed(Buffer.from([0, 3, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])))
  expect((await answer()).includes('flows')).toBe(true)
  socket.destroy()
})

it('hangs up on a wrong proof without a header', async () => {
  await using hubs = await kafkaHubs()
  const socket = connect(hubs.kafkaPort ?? 0, '127.0.0.1')
  socket.resume()

  socket.write(framed(Buffer.from('\0\u0011\0\0\0\0\0\u0001\0\u0001t\0\u0005PLAIN', 'latin1')))
  socket.write(framed(Buffer.from('\0$ConnectionString\0wrong')))
  await once(socket, 'close')

  await vi.waitFor(() => expect(hubs.connections).toBe(0), 10_000)
})
