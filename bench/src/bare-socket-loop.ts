// Process under test: nothing but `ws`, which parses every message; with `relay` it also passes each one on.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { WebSocket, WebSocketServer } from 'ws'

import { serve } from './worker-process.ts'

export type LoopRequest =
  | { readonly do: 'connect'; readonly url: string; readonly relay: boolean }
  | { readonly do: 'wait'; readonly count: number }
export interface LoopReply {
  readonly pid: number
  /** Where a relay listens; 0 for none. */
  readonly port: number
}

let count = 0
/** Something of every message is used, so that parsing cannot be left out. */
let operations = 0
let server: WebSocketServer | undefined

function parse(data: Buffer): void {
  const { operation }: { readonly operation?: unknown } = JSON.parse(data.toString())
  if (typeof operation === 'string') operations++
  count++
}

async function answer(request: LoopRequest): Promise<LoopReply> {
  if (request.do === 'wait') {
    while (count < request.count) await new Promise((resolve) => setTimeout(resolve, 1))
    if (operations < request.count) throw new Error('Not every message was a command.')
    count = operations = 0
  } else if (request.relay) {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
    server.on('connection', (downstream) => {
      const upstream = new WebSocket(request.url, { perMessageDeflate: false })
      upstream.on('message', (data, binary) => {
        downstream.send(data, { binary })
        if (Buffer.isBuffer(data)) parse(data)
      })
    })
    await once(server, 'listening')
  } else {
    const socket = new WebSocket(request.url, { perMessageDeflate: false })
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) parse(data)
    })
    await once(socket, 'open')
  }
  return { pid: process.pid, port: (server?.address() as AddressInfo | undefined)?.port ?? 0 }
}

serve(answer)
