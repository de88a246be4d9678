import type { ReceiverFactory } from '@spanloom/core'
import { testReceiverContract } from '@spanloom/core/testing'
import { websocketReceiver, type WebSocketReceiver } from '@spanloom/receiver-websocket'
import { afterAll, describe } from 'vitest'
import { WebSocket } from 'ws'

import { HttpPeer } from './harness/http-peer.ts'
import { epoch, until } from './harness/rig.ts'
import { SocketPeer } from './harness/socket-peer.ts'

// Both modes have nobody to answer for their spans: the traffic goes on whatever the pipeline says.
const peer = await SocketPeer.listen()
const local = await HttpPeer.listen(({ body }) => ({ status: 200, body: `{"rID":"${idIn(body)}"}` }))
const upstream = await HttpPeer.listen(() => ({ status: 200 }))

afterAll(async () => {
  for (const each of [peer, local, upstream]) await each[Symbol.asyncDispose]()
})

const idIn = (body: Buffer): string => String(/"rID":"([^"]*)"/.exec(body.toString())?.[1])
const command = (event: number): string =>
  JSON.stringify({
    rID: `r-${event}`,
    operation: 'getBill',
    __headers__: { 'trace-id': `c0a8017f6f2c4d98bd70a35c90f1f0${10 + event}` },
  })

/** A live source tells when its events came; with time standing still, equal events are equal in this, too. */
const timeless: ReceiverFactory<WebSocketReceiver> = {
  ...websocketReceiver,
  create: (options) =>
    websocketReceiver.create({
      ...options,
      clock: { ...options.clock, now: () => epoch, monotonic: () => 0 },
    }),
}

const isOpen = ({ readyState }: WebSocket): boolean => readyState === WebSocket.OPEN

describe('bridge', () => {
  testReceiverContract(timeless, {
    config: {
      connections: [{ url: `${peer.url}/bridge` }],
      forward: { url: `${local.url}/commands/{operation}` },
      callback: { url: `${upstream.url}/callback/{operation}`, proxy: '127.0.0.1:0' },
    },
    fetches: true,
    async send(_receiver, event) {
      await until(() => peer.sockets.some(isOpen), 'the bridge connects')
      peer.sockets.findLast(isOpen)?.send(command(event))
      return 'accepted'
    },
  })
})

describe('tap', () => {
  const integrators = new WeakMap<WebSocketReceiver, WebSocket>()

  testReceiverContract(timeless, {
    config: {
      mode: 'tap',
      listen: { endpoint: '127.0.0.1:0' },
      upstream: peer.url,
      one_way_operations: ['getBill'],
      callback: { url: `${upstream.url}/callback/{operation}`, proxy: '127.0.0.1:0' },
    },
    fetches: true,
    async send(receiver, event) {
      let integrator = integrators.get(receiver)
      if (integrator === undefined) {
        const before = peer.sockets.length
        integrator = new WebSocket(`ws://${receiver.socketAddress}/tap`)
        integrator.on('error', () => undefined)
        integrators.set(receiver, integrator)
        await until(
          () => peer.sockets.length > before && integrator?.readyState === WebSocket.OPEN,
          'the tap connects',
        )
      }
      peer.socket.send(command(event))
      return 'accepted'
    },
  })
})
