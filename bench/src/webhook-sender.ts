import { createHmac } from 'node:crypto'

import { Agent, request as httpRequest } from 'undici'

import { webhookPayload } from './webhook-payload.ts'
import { serve } from './worker-process.ts'

/** Sends signed deliveries of GitHub at a steady pace. */
export interface WebhookRequest {
  readonly target: string
  readonly secret: string
  readonly bytes: number
  readonly perSecond: number
  readonly seconds: number
  /** Number of the first delivery; every one is about a pull request of its own. */
  readonly first: number
}

export interface WebhookReply {
  readonly sent: number
  readonly seconds: number
  /** Mean size of a body. */
  readonly bytes: number
  readonly statuses: ReadonlyMap<number, number>
  /** Milliseconds from the moment when a delivery was due until its answer was there. */
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const connections = 64
const agent = new Agent({ connections, pipelining: 1 })

async function send(request: WebhookRequest): Promise<WebhookReply> {
  const { target, secret, perSecond } = request
  const payload = webhookPayload(request.bytes)
  const count = perSecond * request.seconds
  const latencies = new Float64Array(count)
  const statuses = new Map<number, number>()
  let bytes = 0
  const deliver = async (number: number): Promise<number> => {
    const body = payload.body(number)
    bytes += body.length
    const answer = await httpRequest(target, {
      method: 'POST',
      body,
      dispatcher: agent,
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'pull_request',
        'x-github-delivery': `delivery-${number}`,
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
    })
    await answer.body.dump()
    return answer.statusCode
  }

  const started = performance.now()
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      // What is late counts from when it was due: a receiver that stands still must not stop the clock.
      const due = started + (index * 1000) / perSecond
      await until(due)
      const status = await deliver(request.first + index)
      latencies[index] = performance.now() - due
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: connections * 4 }, work))

  const sorted = latencies.toSorted()
  const at = (share: number): number => sorted[Math.min(count - 1, Math.floor(count * share))] ?? 0
  return {
    sent: count,
    seconds: (performance.now() - started) / 1000,
    bytes: bytes / count,
    statuses,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
  }
}

const until = (time: number): Promise<void> => {
  const left = time - performance.now()
  return left <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, left))
}

serve(send)
