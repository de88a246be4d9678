import { type Span, systemClock } from '@spanloom/core'
import { Agent } from 'undici'
import { expect, it } from 'vitest'

import { HttpPeer, type PeerAnswer, type PeerRequest } from './harness/http-peer.ts'
import { startRig, until } from './harness/rig.ts'
import { connections } from './harness/scene.ts'
import { SocketPeer } from './harness/socket-peer.ts'

const commands = 10_000
const inFlight = 500
const cuts = 20

/** Ids of every form that the contract allows, each from its number. */
function traceIdOf(number: number): string {
  const hex = number.toString(16).padStart(8, '0')
  const forms = [
    `c0a8017f6f2c4d98bd70a35c${hex}`,
    `C0A8017F6F2C4D98BD70A35${hex}`,
    `req-${hex}`,
    `c0a8017f-6f2c-4d98-bd70-a35c${hex}`,
  ]
  return forms[number % forms.length] ?? ''
}

const isFailing = (number: number): boolean => number % 100 === 7
const isAsynchronous = (number: number): boolean => number % 3 === 0
const numberOf = ({ body }: PeerRequest): number => Number(/"rID":"r-(\d+)"/.exec(body.toString())?.[1])

it(
  'loses and mixes up nothing of 10,000 commands while the connection is cut 20 times',
  { timeout: 240_000 },
  async () => {
    const wrong: string[] = []
    const answered = new Set<number>()
    const failed = new Set<number>()
    const posts: Promise<unknown>[] = []
    await using upstream = await HttpPeer.listen((request) => {
      const number = numberOf(request)
      if (request.headers['trace-id'] !== traceIdOf(number))
        wrong.push(`${number} ${String(request.headers['trace-id'])}`)
      answered.add(number)
      return { status: 200 }
    })
    let callbacks = ''
    const agent = new Agent({ connections: 64 })
    const callBack = async (body: string): Promise<void> => {
      const headers = { restoId: 'resto-1' }
      const response = await agent.request({
        origin: callbacks,
        path: '/callback/getBill',
        method: 'POST',
        headers,
        body,
      })
      if (response.statusCode !== 200) wrong.push(`answer ${response.statusCode}`)
      await response.body.dump()
    }
    await using local = await HttpPeer.listen((request): PeerAnswer => {
      const number = numberOf(request)
      if (request.headers['trace-id'] !== traceIdOf(number)) wrong.push(`local ${number}`)
      if (isFailing(number)) {
        failed.add(number)
        return { status: 500 }
      }
      const body = `{"rID":"r-${number}","ok":true}`
      if (!isAsynchronous(number)) return { status: 200, body }
      posts.push(callBack(body))
      return { status: 202 }
    })
    await using peer = await SocketPeer.listen()
    await using rig = await startRig(
      {
        connections: [{ url: `${peer.url}/restaurantEntryPoint`, tenant: 'resto-1' }],
        reconnect: { min_interval: '5ms', max_interval: '10ms' },
        // On a busy machine a connection may take long to be made; nothing is to fail for that reason here.
        forward: { url: `${local.url}/commands/{operation}`, timeout: '100s' },
        response_timeout: '200s',
        callback: { url: `${upstream.url}/callback/{operation}`, proxy: '127.0.0.1:0' },
        max_in_flight: inFlight,
        max_queue: 20_000,
        max_pending: 100_000,
      },
      systemClock,
    )
    callbacks = `http://${rig.receiver.callbackAddress}`
    await until(() => connections(rig, 'open') === 1, 'the bridge connects')

    const settled = (): number => answered.size + failed.size
    const send = (number: number): void =>
      peer.socket.send(
        `{"rID":"r-${number}","operation":"getBill","__headers__":{"trace-id":"${traceIdOf(number)}","span-id":"7b9a3d3c4e2f1a90"}}`,
      )
    for (let number = 0; number < commands; number++) {
      await waitFor(() => number - settled() < inFlight)
      send(number)
      if (number % (commands / cuts) !== commands / cuts / 2) continue
      const before = peer.sockets.length
      peer.socket.terminate()
      await waitFor(() => peer.sockets.length > before)
      // Nobody can know which of these arrived, so all of them are sent again.
      for (let again = 0; again <= number; again++)
        if (!answered.has(again) && !failed.has(again)) send(again)
    }
    await waitFor(() => settled() === commands)
    const count = (name: string): number => rig.counts.count(`otelcol_receiver_websocket_${name}`)
    const processed = (): number => rig.sink.spans.filter(({ kind }) => kind === 'CONSUMER').length
    await waitFor(() => rig.telemetry.heldNow() === 0)
    await Promise.all(posts)
    await agent.close()

    expect(wrong).toEqual([])
    expect(peer.sockets.length).toBe(cuts + 1)
    expect(processed()).toBe(count('messages_received'))
    expect(count('messages_received')).toBeGreaterThanOrEqual(commands)
    const outcomes = new Map<string, Set<string>>()
    for (const span of rig.sink.spans) {
      if (span.kind !== 'CONSUMER') continue
      const id = textOf(span, 'messaging.message.conversation_id')
      const number = Number(id.slice(2))
      expect(span.attribute('spanloom.trace_id')).toBe(traceIdOf(number))
      const outcome =
        span.status.code === 'ERROR' ? textOf(span, 'error.type') : textOf(span, 'spanloom.callback.trace_id')
      outcomes.set(id, (outcomes.get(id) ?? new Set()).add(outcome))
    }
    expect(outcomes.size).toBe(commands)
    const unexpected = [...outcomes].filter(
      ([id, each]) => [...each].join(' ') !== (isFailing(Number(id.slice(2))) ? '500' : 'match'),
    )
    expect(unexpected).toEqual([])
    expect([...rig.telemetry.dropped]).toEqual([])
    expect(count('reconnects')).toBe(cuts)
    expect(new Set(rig.sink.spans.map(({ spanId }) => spanId)).size).toBe(rig.sink.spanCount)
  },
)

function textOf(span: Span, name: string): string {
  const value = span.attribute(name)
  return typeof value === 'string' ? value : ''
}

async function waitFor(holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 20_000; !holds();) {
    if (performance.now() > deadline) throw new Error(`In vain: ${holds.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
