import { Agent, request as httpRequest } from 'undici'

import { serve } from './worker-process.ts'

/** Sends events in binary mode, `concurrency` at a time. */
export interface EventRequest {
  readonly target: string
  readonly requests: number
  readonly concurrency: number
  /** Number of the first event; every one has an id of its own. */
  readonly first: number
}

const agent = new Agent({ connections: 64, pipelining: 1 })
const body = Buffer.from('{"total":12,"currency":"EUR"}')

async function send({ target, requests, concurrency, first }: EventRequest): Promise<number> {
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < requests; index = next++) {
      const answer = await httpRequest(target, {
        method: 'POST',
        body,
        dispatcher: agent,
        headers: {
          'content-type': 'application/json',
          'ce-specversion': '1.0',
          'ce-id': `order-${first + index}`,
          'ce-source': '/shop/orders',
          'ce-type': 'com.example.order.created',
          'ce-time': '2026-01-15T10:00:00.123456789Z',
          'ce-subject': 'order',
          'ce-traceparent': '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01',
        },
      })
      await answer.body.dump()
      if (answer.statusCode !== 202) throw new Error(`The receiver answered ${answer.statusCode}.`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return requests
}

serve(send)
