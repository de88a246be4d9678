import {
  type Attributes,
  type AttributeValue,
  Double,
  type SpanEventInit,
  type SpanInit,
  type SpanLinkInit,
  type Time,
} from '../../src/traces/index.ts'
import { type Message } from './otlp-oracle.ts'

/** What the independent codec must read of a span that was made of `init`. */
export function messageOf(init: SpanInit): Message {
  return {
    traceId: base64(init.traceId),
    spanId: base64(init.spanId),
    parentSpanId: base64(init.parentSpanId ?? ''),
    traceState: init.traceState ?? '',
    flags: init.flags ?? 0,
    name: init.name,
    kind: kinds.indexOf(init.kind ?? 'UNSPECIFIED'),
    startTimeUnixNano: nanos(init.startTime),
    endTimeUnixNano: nanos(init.endTime),
    attributes: keyValues(init.attributes),
    events: (init.events ?? []).map(eventMessage),
    links: (init.links ?? []).map(linkMessage),
    droppedAttributesCount: init.droppedAttributesCount ?? 0,
    droppedEventsCount: init.droppedEventsCount ?? 0,
    droppedLinksCount: init.droppedLinksCount ?? 0,
    status: statusMessage(init.status),
  }
}

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const codes = ['UNSET', 'OK', 'ERROR']

/** A status as the independent codec reads it; null for one that says nothing. */
export function statusMessage(status: SpanInit['status']): Message | null {
  const { code = 'UNSET', message = '' } = status ?? {}
  return code === 'UNSET' && message === '' ? null : { code: codes.indexOf(code), message }
}

/** An event as the independent codec reads it. */
export function eventMessage(event: SpanEventInit): Message {
  return {
    timeUnixNano: nanos(event.time),
    name: event.name,
    attributes: keyValues(event.attributes),
    droppedAttributesCount: event.droppedAttributesCount ?? 0,
  }
}

/** A link as the independent codec reads it. */
export function linkMessage(link: SpanLinkInit): Message {
  return {
    traceId: base64(link.traceId),
    spanId: base64(link.spanId),
    traceState: link.traceState ?? '',
    attributes: keyValues(link.attributes),
    droppedAttributesCount: link.droppedAttributesCount ?? 0,
    flags: link.flags ?? 0,
  }
}

/** Attributes as the independent codec reads them. */
export function keyValues(attributes: Attributes = {}): readonly Message[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: AttributeValue): Message {
  if (value === null) return {}
  if (value instanceof Double) return { doubleValue: value.value }
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'bigint') return { intValue: String(value) }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0)
      ? { intValue: String(value) }
      : { doubleValue: value }
  }
  if (isList(value)) return { arrayValue: { values: value.map(anyValue) } }
  return { kvlistValue: { values: keyValues(value) } }
}

function isList(value: object): value is readonly AttributeValue[] {
  return Array.isArray(value)
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}

function nanos(time: Time = 0n): string {
  return String(typeof time === 'bigint' ? time : BigInt(time.getTime()) * 1_000_000n)
}
