import { toOtlpJson } from '@spanloom/core/traces'
import { Agent, request } from 'undici'

import { tracesOf } from './otlp-sender.ts'

/** What came of a load. */
export interface LoadReport {
  /** Span ids of requests that were answered with 200. */
  readonly acknowledged: readonly string[]
  /** Everything that went wrong: refused connections, resets, other answers. */
  readonly faults: readonly string[]
}

/** Senders that send one request after the other. */
export interface SpanLoad {
  /** Requests answered so far. */
  readonly requests: () => number
  /** Ends when the requests that are under way are answered. */
  stop(): Promise<LoadReport>
}

/**
 * Posts spans, each with an id of its own, all the time: some senders keep their connections, some open a new one
 * for every request.
 */
export function startSpanLoad(address: string, senders = 3): SpanLoad {
  const acknowledged: string[] = []
  const faults: string[] = []
  const ending = new AbortController()
  let number = 0
  let answered = 0

  const send = async (dispatcher: Agent, reset: boolean): Promise<void> => {
    const ids = Array.from({ length: 1 + (number % 3) }, () => (++number).toString(16).padStart(16, '0'))
    const spans = ids.map((spanId) => ({
      traceId: spanId.padStart(32, 'a'),
      spanId,
      name: 'load',
      startTime: 1n,
      endTime: 2n,
    }))
    try {
      const { statusCode, body } = await request(`http://${address}/v1/traces`, {
        method: 'POST',
        dispatcher,
        reset,
        headers: { 'content-type': 'application/json' },
        body: toOtlpJson(tracesOf('load', spans)),
      })
      const text = await body.text()
      if (statusCode === 200) acknowledged.push(...ids)
      else faults.push(`${statusCode} ${text}`)
    } catch (error) {
      faults.push(error instanceof Error ? `${error.name} ${error.message}` : String(error))
    }
    answered++
  }
  const sendAlways = async (keep: boolean): Promise<void> => {
    const agent = new Agent({ connections: 1 })
    while (!ending.signal.aborted) await send(agent, !keep)
    await agent.close()
  }
  const loops = Array.from({ length: senders }, () => [sendAlways(true), sendAlways(false)]).flat()
  return {
    requests: () => answered,
    async stop() {
      ending.abort()
      await Promise.all(loops)
      return { acknowledged, faults }
    },
  }
}
