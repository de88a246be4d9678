import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { buffer } from 'node:stream/consumers'

import { EventHubProducerClient } from '@azure/event-hubs'
import { WebSocket } from 'ws'

import type { WebSocketProvider } from '../websocket-provider.ts'
import { type SeedPorts, seedSecret } from './seed-config.ts'
import { commandAnswer, type SeedInput } from './seed-examples.ts'

/** The integrator's API, which is also the consumer of relayed events. */
export async function listenApi(): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (): void => {
      const isCommand = request.url?.startsWith('/commands/') === true
      response.writeHead(200, isCommand ? { 'content-type': 'application/json' } : {})
      response.end(isCommand ? commandAnswer : '')
    }
    void buffer(request).then(answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Sends inputs to a real process, each as its source does. */
export class LiveSenders implements AsyncDisposable {
  readonly #ports: SeedPorts
  readonly #provider: WebSocketProvider
  readonly #tapProvider: WebSocketProvider
  #integrator: WebSocket | undefined

  constructor(ports: SeedPorts, provider: WebSocketProvider, tapProvider: WebSocketProvider) {
    this.#ports = ports
    this.#provider = provider
    this.#tapProvider = tapProvider
  }

  async send(input: SeedInput): Promise<void> {
    const { receiver, transport, path } = input
    if (receiver === 'websocket/bridge') return this.#provider.send(input.body)
    if (receiver === 'websocket/tap' && transport === 'websocket')
      return this.#command(input.body, path ?? '/')
    if (transport === 'event_hub') return this.#event(input)
    return this.#post(input)
  }

  async #command(body: string, path: string): Promise<void> {
    const integrator = new WebSocket(`ws://127.0.0.1:${this.#ports.tapSockets}${path}`)
    this.#integrator = integrator
    const seen = once(integrator, 'message')
    await once(integrator, 'open')
    await this.#tapProvider.send(body)
    await seen
  }

  async #event({ receiver, headers = {}, body }: SeedInput): Promise<void> {
    const hub = receiver === 'invictus/hub' ? 'flows' : 'events'
    const producer = new EventHubProducerClient(
      `Endpoint=sb://127.0.0.1:${this.#ports.hubs};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true`,
      hub,
    )
    const { 'content-type': contentType } = headers
    await producer.sendBatch([
      { body: JSON.parse(body), ...(contentType === undefined ? {} : { contentType }) },
    ])
    await producer.close()
  }

  async #post({ receiver, path, headers = {}, body }: SeedInput): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${this.#portOf(receiver)}${path ?? usualPath(receiver)}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...signature(path, body), ...headers },
    })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`${receiver} answered ${response.status}.`)
  }

  #portOf(receiver: string): number {
    const { invictus, valuestream, cloudevents, relay, orchest, tapCallbacks } = this.#ports
    const ports: Readonly<Record<string, number>> = {
      invictus,
      valuestream,
      cloudevents,
      'cloudevents/relay': relay,
      orchest,
      'websocket/tap': tapCallbacks,
    }
    return ports[receiver] ?? 0
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#integrator?.terminate()
    return Promise.resolve()
  }
}

const usualPath = (receiver: string): string => (receiver.startsWith('cloudevents') ? '/events' : '/')

/** What GitHub and Orchest sign with. */
function signature(path: string | undefined, body: string): Readonly<Record<string, string>> {
  const name =
    path === '/github' ? 'x-hub-signature-256' : path === '/orchest/webhook' ? 'x-hub-signature' : undefined
  if (name === undefined) return {}
  return { [name]: `sha256=${createHmac('sha256', seedSecret).update(body).digest('hex')}` }
}
