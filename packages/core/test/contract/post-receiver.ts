import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

import type { Component } from '../../src/component/component.ts'
import type { TracesConsumer } from '../../src/component/consumer.ts'
import { defineReceiver, type ReceiverFactory } from '../../src/component/define.ts'
import type { ReceiverOptions } from '../../src/component/options.ts'
import { isPermanent } from '../../src/errors/errors.ts'
import type { Answer } from '../../src/testing/index.ts'
import { span } from '../../src/traces/span.ts'
import { Traces } from '../../src/traces/traces.ts'

const schema = {
  type: 'object',
  properties: {
    host: { type: 'string', default: '127.0.0.1' },
    limits: {
      type: 'object',
      properties: { body: { type: 'integer', default: 1_000 } },
      additionalProperties: false,
    },
    token: { type: 'string', secret: true },
  },
  additionalProperties: false,
} as const

/** A small receiver that is right in every respect: one span for each posted number. */
export class PostReceiver implements Component {
  protected readonly options: ReceiverOptions<{ readonly host: string; readonly token?: string | undefined }>
  readonly server: Server
  readonly #busy = new Set<Promise<void>>()

  constructor(options: PostReceiver['options']) {
    this.options = options
    this.server = createServer((request, response) => {
      const answering = this.#handle(request, response)
      this.#busy.add(answering)
      void answering.finally(() => this.#busy.delete(answering))
    })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.statusCode = await this.answer(await text(request))
    response.end()
  }

  get next(): TracesConsumer {
    return this.options.next
  }

  /** The status that a body is answered with. */
  async answer(body: string): Promise<number> {
    try {
      await this.next.consumeTraces(this.translate(body), { signal: new AbortController().signal })
      return 200
    } catch (error) {
      return this.statusOf(error)
    }
  }

  statusOf(error: unknown): number {
    return isPermanent(error) ? 400 : 503
  }

  translate(body: string): Traces {
    return Traces.of([
      span({ traceId: body.padStart(32, 'a'), spanId: body.padStart(16, 'b'), name: `event ${body}` }),
    ])
  }

  async start(): Promise<void> {
    this.server.listen(0, this.options.config.host)
    await once(this.server, 'listening')
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    if (!this.server.listening) return
    const closed = once(this.server, 'close')
    this.server.close()
    await Promise.race([Promise.all(this.#busy), aborted(signal)])
    this.server.closeAllConnections()
    await closed
  }
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted ? Promise.resolve() : once(signal, 'abort')

/** A factory for the receiver or for a faulty heir. */
export function postFactory(
  Receiver: new (options: PostReceiver['options']) => PostReceiver = PostReceiver,
): ReceiverFactory<PostReceiver> {
  return defineReceiver({
    type: 'post',
    stability: 'development',
    schema,
    create: (options) => new Receiver(options),
  })
}

/** Posts event `event` and reads the answer. */
export async function post(receiver: PostReceiver, event: number): Promise<Answer> {
  const address = receiver.server.address()
  if (address === null || typeof address === 'string') throw new TypeError('The server has no port.')
  const { status } = await fetch(`http://127.0.0.1:${address.port}`, { method: 'POST', body: String(event) })
  if (status === 200) return 'accepted'
  return status === 503 ? 'retry' : 'rejected'
}
