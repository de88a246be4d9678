import {
  type CloudEvent,
  type DecodeOptions,
  decodeMessage,
  parseTraceContext,
  type TraceContext,
} from '@spanloom/cloudevents'
import type { RevivedInput, UnusableInput } from '@spanloom/core'
import type { ReceivedEvent } from '@spanloom/eventhubs'

/** What of a message of a hub matters here. */
export type HubMessage = Pick<ReceivedEvent, 'body' | 'contentType' | 'properties'> & Partial<ReceivedEvent>

/** The event that a message of a hub holds (`cloudevents.md` section 7). @throws CloudEventError */
export function eventOf({ body, contentType, properties }: HubMessage, options: DecodeOptions): CloudEvent {
  return decodeMessage(
    { contentType: contentType ?? textOf(properties['content-type']), properties, body },
    options,
  )
}

/** The context that the transport brought: plain headers, or that of the SDKs of Azure. */
export function ambientOf({ properties }: HubMessage): TraceContext | undefined {
  return (
    parseTraceContext(textOf(properties['traceparent']), textOf(properties['tracestate'])) ??
    parseTraceContext(textOf(properties['Diagnostic-Id']), undefined)
  )
}

/** A message that can never be used, as it is kept aside. */
export function unusable({ body, contentType, properties }: HubMessage, reason: string): UnusableInput {
  const texts = Object.entries(properties).map(
    ([name, value]) => [name, [textOf(value) ?? String(value)]] as const,
  )
  return { body, format: contentType ?? 'application/octet-stream', reason, origin: new Map(texts) }
}

/** A message that was kept aside. */
export function revived({ body, format, origin }: RevivedInput): HubMessage {
  const properties: Record<string, unknown> = Object.create(null)
  for (const [name, [value]] of origin) properties[name] = value
  return { body, properties, ...(format === undefined ? {} : { contentType: format }) }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined
}
