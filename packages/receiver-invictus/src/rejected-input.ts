import { type KeptInput, messageOf } from '@spanloom/core'

import type { RejectReason } from './event-model.ts'
import { jsonText, TooDeepError } from './json-text.ts'
import type { MessageContext } from './message-context.ts'
import type { MessageError, RejectedElement, Translation } from './translate.ts'

/** Form of a dead letter: the body of a message, with the events that could not be used. */
export const rejectedFormat = 'application/vnd.spanloom.invictus+json'

/** What a dead letter tells of the message that it came in. */
export interface RejectedMessage extends MessageContext {
  readonly body: Uint8Array | string
  readonly origin: Readonly<Record<string, string | number>>
}

const meanings: Readonly<Record<RejectReason, string>> = {
  not_an_object: 'is no object',
  no_chain_id: 'has no ChainId',
  no_step: 'has no Step',
  no_step_id: 'has no Step.Id',
  no_step_status: 'has no Step.Status',
  too_deep: 'is nested too deeply',
}

/** Numbers of events that a reason names. */
const maxNamed = 10

/** Keeps the events of a message that could not be used: a letter for each reason, that of the others is told. */
export async function keepElements(
  kept: KeptInput,
  message: RejectedMessage,
  { accepted, rejectedCount, rejectedElements }: Translation,
): Promise<void> {
  if (!kept.isOn) return
  for (const [reason, elements] of rejectedElements) {
    const named = elements.slice(0, maxNamed).map(({ index }) => index + 1)
    const more = elements.length > maxNamed ? ', …' : ''
    await kept.keep({
      body: bodyOf(message, elements),
      format: rejectedFormat,
      reason: `${reason}: number ${named.join(', ')}${more} of ${accepted + rejectedCount} events ${meanings[reason]}`,
      origin: originOf(message),
    })
  }
}

/** Keeps a message that could not be used at all, or that the pipeline refuses for good. */
export async function keepMessage(
  kept: KeptInput,
  message: RejectedMessage,
  error: MessageError | { readonly reason: string; readonly cause: unknown },
): Promise<void> {
  await kept.keep({
    body: bytesOf(message.body),
    format: rejectedFormat,
    reason: `${error.reason}: ${messageOf(error instanceof Error ? error : error.cause)}`,
    origin: originOf(message),
  })
}

/** The context of a message that was kept; what is missing or damaged is absent. */
export function contextOf(origin: ReadonlyMap<string, readonly string[]>): Partial<MessageContext> {
  const [time = ''] = origin.get('enqueued_time') ?? []
  const [traceId, spanId] = origin.get('link') ?? []
  return {
    ...(/^\d{1,19}$/.test(time) ? { enqueuedTime: BigInt(time) } : {}),
    ...(traceId === undefined || spanId === undefined ? {} : { link: { traceId, spanId } }),
  }
}

function originOf({ origin, enqueuedTime, link }: RejectedMessage): ReadonlyMap<string, readonly string[]> {
  const facts = new Map<string, readonly string[]>()
  for (const [name, value] of Object.entries(origin)) facts.set(name, [String(value)])
  facts.set('enqueued_time', [String(enqueuedTime)])
  if (link !== undefined) facts.set('link', [link.traceId, link.spanId])
  return facts
}

/** A message with these elements only; what is too deep to be written stays in its whole message. */
function bodyOf(message: RejectedMessage, elements: readonly RejectedElement[]): Uint8Array {
  try {
    return Buffer.from(`[${elements.map(({ element }) => jsonText(element)).join(',')}]`)
  } catch (error) {
    if (error instanceof TooDeepError) return bytesOf(message.body)
    throw error
  }
}

function bytesOf(body: Uint8Array | string): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : body
}
