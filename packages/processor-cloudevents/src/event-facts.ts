import { decodeHeaderValue } from '@spanloom/cloudevents'
import type { Attributes, AttributeValue, Traces } from '@spanloom/core/traces'

/** What a span knows about the event that it is about. */
export interface EventFacts {
  readonly id?: string
  readonly source?: string
  readonly type?: string
  readonly specversion?: string
  readonly subject?: string
  readonly traceparent?: string
  readonly tracestate?: string
}

/** The registered attributes and what they hold of an event. */
export const registered = {
  id: 'cloudevents.event_id',
  source: 'cloudevents.event_source',
  specversion: 'cloudevents.event_spec_version',
  type: 'cloudevents.event_type',
  subject: 'cloudevents.event_subject',
} as const

/** Names that the CloudEvents Go SDK gives to the same things. */
export const goNames: readonly string[] = [
  'cloudevents.id',
  'cloudevents.source',
  'cloudevents.specversion',
  'cloudevents.type',
  'cloudevents.subject',
]

const names = ['id', 'source', 'specversion', 'type', 'subject', 'traceparent', 'tracestate'] as const

/** Headers that instrumentations capture: their attributes hold lists of values (`cloudevents.md` section 9.2). */
const httpPrefixes = ['http.request.header.ce-', 'http.request.header.ce_']
const messagePrefixes = [
  'messaging.header.ce_',
  'messaging.header.cloudEvents_',
  'messaging.header.cloudEvents:',
]

/** The attributes that may hold a fact, in the order in which they are asked. */
const placesOf = names.map((name) => ({
  name,
  own: [
    ...(name === 'traceparent' || name === 'tracestate' ? [] : [registered[name]]),
    `cloudevents.${name}`,
  ],
  http: httpPrefixes.map((prefix) => prefix + name),
  message: messagePrefixes.map((prefix) => prefix + name),
}))

const idHeaders = httpPrefixes.map((prefix) => `${prefix}id`)

const markers = [Buffer.from('cloudevents.'), Buffer.from('header.c')]

/** Whether a batch may have a span with facts of an event; cheap, and never wrong about one that has. */
export function mayTellOfEvents({ chunks }: Traces): boolean {
  return chunks.some((chunk) => markers.some((marker) => chunk.includes(marker)))
}

/** The same for the bytes of one span. */
export function mayTellOfEvent(span: Buffer): boolean {
  return markers.some((marker) => span.includes(marker))
}

/** Finds what a span knows about its event: registered names win, then those of the Go SDK, then captured headers. */
export function eventFacts(attributes: Attributes): EventFacts {
  const facts: { [Name in (typeof names)[number]]?: string } = {}
  for (const { name, own, http, message } of placesOf) {
    const value =
      firstText(attributes, own) ?? decoded(firstText(attributes, http)) ?? firstText(attributes, message)
    if (value !== undefined) facts[name] = value
  }
  return facts
}

/** Whether the instrumentation captured the header `ce-id` of a request. */
export function hasCapturedId(attributes: Attributes): boolean {
  return firstText(attributes, idHeaders) !== undefined
}

function firstText(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = textOf(attributes[key])
    if (text !== undefined) return text
  }
  return undefined
}

/** A text that is not empty, or the only one of a list. */
function textOf(value: AttributeValue | undefined): string | undefined {
  const text: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** Header values of HTTP are escaped; one that is not well-formed tells nothing. */
function decoded(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  // Instrumentations have turned the header into text already; the decoder wants it as it was on the wire.
  const raw = Buffer.from(value, 'utf8').toString('latin1')
  try {
    return decodeHeaderValue(raw)
  } catch {
    return undefined
  }
}
