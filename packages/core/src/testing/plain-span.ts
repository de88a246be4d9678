import {
  type Attributes,
  type AttributeValue,
  double,
  Double,
  type Span,
  span,
  type SpanEvent,
  type SpanEventInit,
  type SpanKind,
  type SpanLink,
  type SpanLinkInit,
  type StatusCode,
} from '../traces/index.ts'

/**
 * A value in the notation of the fixtures: a number without a fraction is an integer, with one a double. What this
 * cannot say is written as `{ double: 5 }`, `{ int: '9223372036854775807' }` or `{ bytes: 'base64' }`.
 */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue }

/** Attributes in the notation of the fixtures. */
export type PlainAttributes = Readonly<Record<string, PlainValue>>

/** A span event in the notation of the fixtures. */
export interface PlainEvent {
  readonly timeUnixNano: string
  readonly name: string
  readonly attributes?: PlainAttributes
  readonly droppedAttributesCount?: number
}

/** A span link in the notation of the fixtures. */
export interface PlainLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes?: PlainAttributes
  readonly traceState?: string
  readonly flags?: number
  readonly droppedAttributesCount?: number
}

/**
 * A span as the fixtures write it. Times are decimal texts of unix nanoseconds, `'0'` when not set. The scope is
 * left out. Trace state, flags and counts appear only when they are set.
 */
export interface PlainSpan {
  readonly resource?: PlainAttributes
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind?: SpanKind
  readonly startTimeUnixNano?: string
  readonly endTimeUnixNano?: string
  readonly status?: { readonly code: StatusCode; readonly message?: string }
  readonly attributes?: PlainAttributes
  readonly events?: readonly PlainEvent[]
  readonly links?: readonly PlainLink[]
  readonly traceState?: string
  readonly flags?: number
  readonly droppedAttributesCount?: number
  readonly droppedEventsCount?: number
  readonly droppedLinksCount?: number
}

/** Writes a span in the notation of the fixtures; plain data, made for `toEqual`. */
export function toPlain(from: Span): Required<Omit<PlainSpan, OptionalPart>> & Pick<PlainSpan, OptionalPart> {
  const { code, message } = from.status
  return {
    resource: plainAttributes(from.resource.attributes),
    traceId: from.traceId,
    spanId: from.spanId,
    parentSpanId: from.parentSpanId,
    name: from.name,
    kind: from.kind,
    startTimeUnixNano: String(from.startTimeUnixNano),
    endTimeUnixNano: String(from.endTimeUnixNano),
    status: message === '' ? { code } : { code, message },
    attributes: plainAttributes(from.attributes),
    events: from.events.map(plainEvent),
    links: from.links.map(plainLink),
    ...onlySet('traceState', from.traceState),
    ...onlySet('flags', from.flags),
    ...onlySet('droppedAttributesCount', from.droppedAttributesCount),
    ...onlySet('droppedEventsCount', from.droppedEventsCount),
    ...onlySet('droppedLinksCount', from.droppedLinksCount),
  }
}

type OptionalPart =
  | 'traceState'
  | 'flags'
  | 'droppedAttributesCount'
  | 'droppedEventsCount'
  | 'droppedLinksCount'

function plainEvent({ timeUnixNano, name, attributes, droppedAttributesCount }: SpanEvent): PlainEvent {
  return {
    timeUnixNano: String(timeUnixNano),
    name,
    attributes: plainAttributes(attributes),
    ...onlySet('droppedAttributesCount', droppedAttributesCount),
  }
}

function plainLink({ traceId, spanId, attributes, ...rest }: SpanLink): PlainLink {
  return {
    traceId,
    spanId,
    attributes: plainAttributes(attributes),
    ...onlySet('traceState', rest.traceState),
    ...onlySet('flags', rest.flags),
    ...onlySet('droppedAttributesCount', rest.droppedAttributesCount),
  }
}

function onlySet<K extends string, V extends string | number>(
  key: K,
  value: V,
): { [P in K]?: V } | undefined {
  if (value === '' || value === 0) return undefined
  const part: { [P in K]?: V } = {}
  part[key] = value
  return part
}

/** Attributes in the notation of the fixtures. */
export function plainAttributes(attributes: Attributes): PlainAttributes {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, plainValue(value)]))
}

function plainValue(value: AttributeValue): PlainValue {
  if (value instanceof Double) return { double: value.value }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') }
  if (typeof value === 'bigint') return { int: String(value) }
  if (typeof value !== 'object' || value === null) return value
  return isList(value) ? value.map(plainValue) : plainAttributes(value)
}

/** Makes a span of the notation of the fixtures; what is absent has its default. */
export function fromPlain(plain: PlainSpan): Span {
  const { resource, startTimeUnixNano, endTimeUnixNano, attributes, events, links, ...rest } = plain
  return span({
    ...rest,
    startTime: BigInt(startTimeUnixNano ?? 0),
    endTime: BigInt(endTimeUnixNano ?? 0),
    attributes: attributesOf(attributes),
    resource: attributesOf(resource),
    events: (events ?? []).map(eventOf),
    links: (links ?? []).map(linkOf),
  })
}

function eventOf({ timeUnixNano, attributes, ...rest }: PlainEvent): SpanEventInit {
  return { ...rest, time: BigInt(timeUnixNano), attributes: attributesOf(attributes) }
}

function linkOf({ attributes, ...rest }: PlainLink): SpanLinkInit {
  return { ...rest, attributes: attributesOf(attributes) }
}

/** Attributes out of the notation of the fixtures. */
export function attributesOf(plain: PlainAttributes = {}): Attributes {
  return Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, valueOf(value)]))
}

function valueOf(plain: PlainValue): AttributeValue {
  if (typeof plain !== 'object' || plain === null) return plain
  if (isList(plain)) return plain.map(valueOf)
  const [key, ...more] = Object.keys(plain)
  const value = key === undefined || more.length > 0 ? undefined : plain[key]
  if (key === 'double' && typeof value === 'number') return double(value)
  if (key === 'int' && typeof value === 'string') return BigInt(value)
  if (key === 'bytes' && typeof value === 'string') return Buffer.from(value, 'base64')
  return attributesOf(plain)
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value)
}
