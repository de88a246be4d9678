// Helper process: the other side that sends commands, and the integrator behind a tap that takes them.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { WebSocket, WebSocketServer } from 'ws'

import { serve } from './worker-process.ts'

export type FeedRequest =
  | { readonly do: 'listen' }
  /** Connects the integrator, through a tap. */
  | { readonly do: 'connect'; readonly url: string }
  /** Sends commands to the connection made last; resolves when they are sent and, with an integrator, have arrived. */
  | { readonly do: 'send'; readonly operation: string; readonly count: number }
export interface FeedReply {
  readonly port: number
}

const highWaterBytes = 1_048_576
let server: WebSocketServer | undefined
let peer: WebSocket | undefined
let integrator: WebSocket | undefined
let arrived = 0
let sent = 0

/** A command of about 305 bytes, each with ids of its own. */
function command(number: number, operation: string): string {
  const id = number.toString(16).padStart(8, '0')
  return `{"rID":"2021-03-13 00:32:04.942046#${id}","operation":"${operation}","tableNumber":"12","billId":"b-${id}","positions":[{"id":"p-1","name":"Espresso","count":2,"price":45.5},{"id":"p-2","name":"Croissant","count":1,"price":80}],"__headers__":{"trace-id":"c0a8017f6f2c4d98bd70a35c${id}","span-id":"7b9a3d3c${id}"}}`
}

async function answer(request: FeedRequest): Promise<FeedReply> {
  if (request.do === 'listen') {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
    server.on('connection', (socket) => (peer = socket))
    await once(server, 'listening')
  } else if (request.do === 'connect') {
    integrator = new WebSocket(request.url, { perMessageDeflate: false })
    integrator.on('message', () => arrived++)
    await once(integrator, 'open')
  } else await send(request.operation, request.count)
  const address = server?.address() as AddressInfo | undefined
  return { port: address?.port ?? 0 }
}

async function send(operation: string, count: number): Promise<void> {
  const socket = peer
  if (socket === undefined) throw new Error('Nobody is connected.')
  const wanted = arrived + count
  for (let index = 0; index < count; index++) {
    socket.send(command(sent++, operation))
    if (index % 256 === 255) await new Promise((resolve) => setImmediate(resolve))
    while (socket.bufferedAmount > highWaterBytes) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  if (integrator === undefined) return
  const hasArrived = (): boolean => arrived >= wanted
  while (!hasArrived()) await new Promise((resolve) => setTimeout(resolve, 1))
}

serve(answer)
