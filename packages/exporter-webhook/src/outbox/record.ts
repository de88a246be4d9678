import { decodeAttributes, encodeAttributes, type QueueRecord } from '@spanloom/core'

/** The name of a span may stand in for a type, and be of any length. */
const longestType = 150

/** What must be known to send a stored notification, beside its body. */
export interface DeliveryFacts {
  /** Name of the endpoint, for people; the number in the outbox counts. */
  readonly endpoint: string
  readonly contentType: string
  readonly eventType: string
  readonly format: 'standard' | 'cloudevents' | 'orchest'
}

/** The stored form, the same as that of all sending queues, so that `spanloom queue show` can read it. */
export function encodeFacts({
  endpoint,
  contentType,
  eventType,
  format,
}: DeliveryFacts): Uint8Array | undefined {
  return encodeAttributes({
    format: contentType,
    metadata: new Map([
      ['endpoint', [endpoint]],
      ['event-type', [eventType.slice(0, longestType)]],
      ['webhook-format', [format]],
    ]),
  })
}

/** @throws Error when the record is of no such form. */
export function decodeFacts({ attributes }: QueueRecord): DeliveryFacts {
  const { format: contentType, metadata } = decodeAttributes(attributes)
  const eventType = metadata?.get('event-type')?.[0]
  const format = metadata?.get('webhook-format')?.[0]
  const endpoint = metadata?.get('endpoint')?.[0] ?? ''
  if (contentType === undefined || eventType === undefined || !isFormat(format)) {
    throw new TypeError('The record is no notification.')
  }
  return { endpoint, contentType, eventType, format }
}

const isFormat = (format: unknown): format is DeliveryFacts['format'] =>
  format === 'standard' || format === 'cloudevents' || format === 'orchest'
