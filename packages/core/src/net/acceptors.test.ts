import { once } from 'node:events'
import { connect } from 'node:net'

import { Agent, request } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'

import { systemClock } from '../clock/clock.ts'
import type { Host } from '../component/component.ts'
import { StartError } from '../errors/errors.ts'
import { parseConfig } from '../schema/parse-config.ts'
import { testAuthority, testTelemetry } from '../testing/index.ts'
import { Acceptors } from './acceptors.ts'
import { httpServerSettings } from './http-server-settings.ts'
import { createHttpServer, type HttpServer } from './http-server.ts'

const schema = { type: 'object', properties: httpServerSettings } as const
const never = new AbortController().signal
const servers: HttpServer[] = []
const agents: Agent[] = []

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.destroy()))
  for (const server of servers.splice(0)) await server.shutdown(AbortSignal.abort())
})

/** One instance of a component that has a server. */
class Instance {
  leaving = false
  readonly server: HttpServer
  readonly #host: Host

  constructor(
    sockets: Acceptors,
    parts: { name: string; answer: string; endpoint?: string; settings?: object; gate?: Promise<void> },
  ) {
    const { name, answer, endpoint = '127.0.0.1:0', settings = {}, gate } = parts
    const isLeaving = (): boolean => this.leaving
    this.#host = {
      extension: () => undefined,
      sockets: sockets.for({
        name,
        get leaving() {
          return isLeaving()
        },
      }),
    }
    this.server = createHttpServer({
      id: name,
      config: parseConfig(schema, { endpoint, ...settings }),
      telemetry: testTelemetry(),
      clock: systemClock,
      handle: async () => {
        await gate
        return { status: 200, body: answer }
      },
      fault: () => ({ status: 503 }),
    })
    servers.push(this.server)
  }

  start(): Promise<void> {
    return this.server.start(this.#host)
  }

  stop(): Promise<void> {
    return this.server.shutdown(never)
  }
}

const authority = testAuthority()
const own = authority.issue()
const tls = { cert_pem: own.cert, key_pem: own.key }

function client(): Agent {
  const agent = new Agent({ connections: 1, connect: { ca: authority.cert } })
  agents.push(agent)
  return agent
}

async function ask(url: URL | undefined, dispatcher = client()): Promise<string> {
  const answer = await request(url ?? '', { dispatcher })
  return answer.body.text()
}

describe('a socket whose owner is replaced', () => {
  it('goes to the next owner, which then gets all new connections', async () => {
    const sockets = new Acceptors()
    const before = new Instance(sockets, { name: 'a', answer: 'before' })
    const after = new Instance(sockets, { name: 'a', answer: 'after' })
    await before.start()
    before.leaving = true

    await after.start()

    expect(after.server.address).toBe(before.server.address)
    expect(await ask(before.server.url)).toBe('after')
    await before.stop()
    expect(await ask(after.server.url)).toBe('after')
  })

  it('keeps idle connections, whose next request the new owner answers and then closes', async () => {
    const sockets = new Acceptors()
    const before = new Instance(sockets, { name: 'a', answer: 'before' })
    const after = new Instance(sockets, { name: 'a', answer: 'after' })
    await before.start()
    const kept = client()
    expect(await ask(before.server.url, kept)).toBe('before')

    before.leaving = true
    await after.start()
    await before.stop()
    const answer = await request(after.server.url ?? '', { dispatcher: kept })

    expect(await answer.body.text()).toBe('after')
    expect(answer.headers['connection']).toBe('close')
  })

  it('lets requests in flight end before the old owner is gone', async () => {
    const sockets = new Acceptors()
    const gate = Promise.withResolvers<void>()
    const before = new Instance(sockets, { name: 'a', answer: 'before', gate: gate.promise })
    const after = new Instance(sockets, { name: 'a', answer: 'after' })
    await before.start()
    const asked = ask(before.server.url)
    await eventuallyBusy(before)
    before.leaving = true
    await after.start()

    let gone = false
    const stopped = before.stop().then(() => (gone = true))
    expect(await ask(after.server.url)).toBe('after')
    expect(gone).toBe(false)
    gate.resolve()

    expect(await asked).toBe('before')
    await stopped
  })

  it('goes back when the new owner gives up', async () => {
    const sockets = new Acceptors()
    const before = new Instance(sockets, { name: 'a', answer: 'before' })
    const after = new Instance(sockets, { name: 'a', answer: 'after' })
    await before.start()
    before.leaving = true
    await after.start()
    const kept = client()
    expect(await ask(after.server.url, kept)).toBe('after')

    await after.stop()

    expect(await ask(before.server.url, kept)).toBe('before')
    expect(await ask(before.server.url)).toBe('before')
  })

  it('waits with its connections for an owner that comes later', async () => {
    const sockets = new Acceptors()
    const before = new Instance(sockets, { name: 'a', answer: 'before' })
    await before.start()
    const { url } = before.server
    const kept = client()
    await ask(url, kept)
    sockets.park()
    await before.stop()
    const fresh = ask(url)
    const again = ask(url, kept)

    const after = new Instance(sockets, { name: 'a', answer: 'after' })
    await after.start()

    expect(await Promise.all([fresh, again])).toEqual(['after', 'after'])
    sockets.settle()
    expect(await ask(url)).toBe('after')
  })

  it('is closed with all that waits if nobody comes', async () => {
    const sockets = new Acceptors()
    const before = new Instance(sockets, { name: 'a', answer: 'before' })
    await before.start()
    const { url } = before.server
    sockets.park()
    await before.stop()
    const fresh = ask(url)

    sockets.settle()

    await expect(fresh).rejects.toThrow(/other side closed|ECONN/)
    await expect(ask(url)).rejects.toThrow('ECONNREFUSED')
  })

  it('closes idle connections when the new owner speaks another protocol', async () => {
    const sockets = new Acceptors()
    const before = new Instance(sockets, { name: 'a', answer: 'before' })
    await before.start()
    const { url } = before.server
    const socket = connect(Number(url?.port), '127.0.0.1')
    await once(socket, 'connect')
    await ask(url)
    before.leaving = true
    const claim = await sockets
      .for({ name: 'b', leaving: false })
      .claim(
        { host: '127.0.0.1', port: Number(url?.port), ipv6Only: false },
        { protocol: 'grpc', accept: (each) => each.end('other'), failed: () => undefined },
      )

    await Promise.all([before.stop(), once(socket.resume(), 'close')])

    const other = connect(Number(url?.port), '127.0.0.1')
    expect(String(Buffer.concat(await other.toArray()))).toBe('other')
    claim.release()
  })
})

describe('a TLS connection', () => {
  it.each([
    ['is kept while the terms stay the same', tls, 'after'],
    ['is closed when they change', { ...tls, min_version: '1.3' }, undefined],
  ])('%s', async (_, terms, answer) => {
    const sockets = new Acceptors()
    const before = new Instance(sockets, { name: 'a', answer: 'before', settings: { tls } })
    await before.start()
    const kept = client()
    expect(await ask(before.server.url, kept)).toBe('before')
    let drops = 0
    kept.on('disconnect', () => drops++)
    before.leaving = true
    const endpoint = before.server.address ?? ''
    const after = new Instance(sockets, { name: 'a', answer: 'after', endpoint, settings: { tls: terms } })

    await after.start()
    await before.stop()
    if (answer === undefined) await once(kept, 'disconnect')

    expect(await ask(after.server.url)).toBe('after')
    expect(drops).toBe(answer === undefined ? 1 : 0)
    expect(await ask(after.server.url, kept)).toBe('after')
  })
})

describe('an address', () => {
  it('is taken for everybody while its owner stays', async () => {
    const sockets = new Acceptors()
    const holder = new Instance(sockets, { name: 'a', answer: 'a' })
    await holder.start()
    const other = new Instance(sockets, { name: 'b', answer: 'b', endpoint: holder.server.address ?? '' })
    await expect(other.start()).rejects.toThrow(StartError)
    await expect(other.start()).rejects.toThrow('address already in use')
  })

  it('can be swapped between two components', async () => {
    const sockets = new Acceptors()
    const [a, b] = [
      new Instance(sockets, { name: 'a', answer: 'a' }),
      new Instance(sockets, { name: 'b', answer: 'b' }),
    ]
    await a.start()
    await b.start()
    a.leaving = b.leaving = true
    const newA = new Instance(sockets, { name: 'a', answer: 'new a', endpoint: b.server.address ?? '' })
    const newB = new Instance(sockets, { name: 'b', answer: 'new b', endpoint: a.server.address ?? '' })

    await newA.start()
    await newB.start()
    await Promise.all([a.stop(), b.stop()])

    expect(await ask(a.server.url)).toBe('new b')
    expect(await ask(b.server.url)).toBe('new a')
  })

  it('may grow to all interfaces, and shrinks again when that is taken back', async () => {
    const sockets = new Acceptors()
    const before = new Instance(sockets, { name: 'a', answer: 'before' })
    await before.start()
    const port = Number(before.server.url?.port)
    before.leaving = true
    const after = new Instance(sockets, { name: 'a', answer: 'after', endpoint: `0.0.0.0:${port}` })

    await after.start()
    expect(await ask(before.server.url)).toBe('after')
    await after.stop()

    expect(await ask(before.server.url)).toBe('before')
    expect(before.server.address).toBe(`127.0.0.1:${port}`)
  })

  it('of any free port is not shared by two servers of one component', async () => {
    const sockets = new Acceptors()
    const tenant = { name: 'a', leaving: false }
    const owner = (protocol: string) => ({ protocol, accept: () => undefined, failed: () => undefined })
    const where = { host: '127.0.0.1', port: 0 }
    const http = await sockets.for(tenant).claim(where, owner('http'))
    const grpc = await sockets.for(tenant).claim(where, owner('grpc'))
    tenant.leaving = true

    const next = sockets.for({ name: 'a', leaving: false })
    const [nextGrpc, nextHttp] = [
      await next.claim(where, owner('grpc')),
      await next.claim(where, owner('http')),
    ]

    expect(nextGrpc.address).toEqual(grpc.address)
    expect(nextHttp.address).toEqual(http.address)
    for (const claim of [http, grpc, nextHttp, nextGrpc]) claim.release()
  })
})

/** Resolves once the server holds a request: a second connection is answered in turn only. */
async function eventuallyBusy({ server }: Instance): Promise<void> {
  const socket = connect(Number(server.url?.port), '127.0.0.1')
  socket.write('BROKEN\r\n\r\n')
  await once(socket.resume(), 'close')
}
