import { type BatchMember, structuredType } from '@spanloom/cloudevents'
import { type ConsumeContext, RetryableError } from '@spanloom/core'

import { isTaken, relayAnswer } from '../relay/relay-answer.ts'
import type { RelayEvent } from '../relay/relaying.ts'
import { repetitionOf } from '../sink.ts'
import type { Delivery } from '../spans/event-spans.ts'
import type { RejectedMember } from './batch-answer.ts'

/** What forwarding a batch needs. */
export interface RelayBatchOptions {
  readonly relay: RelayEvent
  /** Headers of the request that are forwarded. */
  readonly headers: Readonly<Record<string, string>>
  readonly delivery: Omit<Delivery, 'repetition'>
  readonly context: ConsumeContext
}

/**
 * Forwards the events of a batch one by one and in order, each in structured mode with its own text.
 *
 * @returns those that the consumer will never take
 * @throws HttpFault when the consumer cannot be reached, RetryableError when it has trouble: then all come again
 */
export async function relayBatch(
  members: readonly BatchMember[],
  { relay, headers, delivery, context }: RelayBatchOptions,
): Promise<readonly RejectedMember[]> {
  const refused: RejectedMember[] = []
  const seen = new Map<string, number>()
  for (const [index, { event, json }] of members.entries()) {
    if (event === undefined) continue
    const message = {
      mode: 'structured',
      headers: { ...headers, 'content-type': `${structuredType}; charset=utf-8` },
      body: json,
    } as const
    const repetition = repetitionOf(event, seen)
    const forwarded = await relay(event, message, { ...delivery, repetition }, context)
    if (isTaken(forwarded)) continue
    const { status = 500 } = relayAnswer(forwarded)
    if (status >= 500 || status === 408 || status === 429)
      throw new RetryableError('CONSUMER_BUSY', `The consumer of the events answered with ${status}.`)
    refused.push({ index, reason: 'refused_by_consumer' })
  }
  return refused
}
