import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'

import { afterEach, describe, expect, it } from 'vitest'

import { testTelemetry, type TestTelemetry } from '../testing/index.ts'
import { Listener } from './listener.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) if (server.listening) server.close()
})

async function bind(
  endpoint: string,
  transport: 'tcp' | 'tcp4' | 'tcp6' = 'tcp',
): Promise<{
  server: Server
  listener: Listener
  telemetry: TestTelemetry
}> {
  const telemetry = testTelemetry()
  const server = createServer((socket) => socket.end())
  servers.push(server)
  const listener = new Listener(server, { id: 'test', endpoint, transport, telemetry, protocol: 'test' })
  await listener.bind()
  return { server, listener, telemetry }
}

const failure = (code: string): Error => Object.assign(new Error(code), { code })

describe('addresses', () => {
  it('localhost is the IPv4 loopback where there is one', async () => {
    expect((await bind('localhost:0')).listener.address).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it('an endpoint without a host takes all interfaces', async () => {
    const { listener } = await bind(':0')
    const socket = connect(Number(listener.port), '127.0.0.1')
    await once(socket.resume(), 'close')

    expect(listener.address).toMatch(/^(\[::\]|0\.0\.0\.0):\d+$/)
  })

  it('tcp4 keeps to IPv4', async () => {
    expect((await bind(':0', 'tcp4')).listener.address).toMatch(/^0\.0\.0\.0:\d+$/)
  })
})

describe('a dying listener (OTR-18, STA-04)', () => {
  it('is fatal', async () => {
    const { server, telemetry } = await bind('127.0.0.1:0')

    server.emit('error', failure('EBADF'))

    expect(telemetry.statusEvents).toMatchObject([{ kind: 'FatalError', error: { message: 'EBADF' } }])
  })

  it('is fatal too when something else closes it', async () => {
    const { server, telemetry } = await bind('127.0.0.1:0')

    server.close()
    await once(server, 'close')

    expect(telemetry.statusEvents).toMatchObject([{ kind: 'FatalError' }])
  })

  it('is not what a passing shortage of files makes of it', async () => {
    const { server, telemetry } = await bind('127.0.0.1:0')

    server.emit('error', failure('EMFILE'))

    expect(telemetry.statusEvents).toEqual([])
    expect(telemetry.logger.lines).toMatchObject([
      { level: 'warn', message: 'Could not accept a connection.' },
    ])
  })

  it('is nothing to tell of while it is stopped on purpose', async () => {
    const { server, listener, telemetry } = await bind('127.0.0.1:0')

    const stopped = listener.stop(() => false)
    server.emit('error', failure('EBADF'))
    await stopped

    expect(telemetry.statusEvents).toEqual([])
  })
})
