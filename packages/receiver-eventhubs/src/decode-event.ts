import { isUtf8 } from 'node:buffer'
import { gunzipSync } from 'node:zlib'

import { messageOf, parseOtlpJson, PermanentError, Traces } from '@spanloom/core'
import type { ReceivedEvent } from '@spanloom/eventhubs'

/** What the body of an event may be. */
export type EventEncoding = 'auto' | 'otlp_proto' | 'otlp_json'

/** Why an event cannot be used. The words are attribute values of a metric. */
export type RejectReason = 'too_large' | 'not_gzip' | 'not_otlp' | 'no_spans'

/** An event that yields no span. Its message tells nothing of the content. */
export class EventError extends PermanentError {
  readonly reason: RejectReason

  constructor(reason: RejectReason, message: string) {
    super('EVENT_REJECTED', message, { grpcStatus: 3 })
    this.reason = reason
  }
}

/** The reasons, for counters that show 0 from the start. */
export const rejectReasons: readonly RejectReason[] = ['too_large', 'not_gzip', 'not_otlp', 'no_spans']

/** How events are read. */
export interface DecodeOptions {
  readonly encoding: EventEncoding
  /** Bytes of a body, before and after decompression. */
  readonly maxBodySize: number
}

const braceOpen = 0x7b
const gzipMagic = Buffer.from([0x1f, 0x8b])
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * The spans of an event: OTLP as protobuf or JSON, packed with gzip or not. With `auto` the content type decides, and
 * where it says neither, the body does.
 *
 * @throws EventError when it is none of these, or larger than allowed.
 */
export function decodeEvent(
  event: Pick<ReceivedEvent, 'body' | 'contentType' | 'properties'>,
  { encoding, maxBodySize }: DecodeOptions,
): Traces {
  const body = unpacked(event, maxBodySize)
  const form = encoding === 'auto' ? (formOf(typeOf(event)) ?? detected(body)) : encoding
  const traces = parsed(body, form)
  if (traces.spanCount === 0) throw new EventError('no_spans', 'The event holds no spans.')
  return traces
}

function unpacked(
  { body, properties }: Pick<ReceivedEvent, 'body' | 'properties'>,
  maxBytes: number,
): Buffer {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (buffer.length > maxBytes) throw tooLarge(maxBytes)
  // No message of OTLP begins like gzip does, so that a lost property does no harm.
  const isPacked = buffer.subarray(0, gzipMagic.length).equals(gzipMagic)
  if (!isPacked && property(properties, 'content-encoding')?.toLowerCase() !== 'gzip') return buffer
  try {
    return gunzipSync(buffer, { maxOutputLength: maxBytes })
  } catch (error) {
    const isLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw isLarge ? tooLarge(maxBytes) : new EventError('not_gzip', 'The event is no whole gzip.')
  }
}

/** Over Kafka the content type is a header. */
function typeOf({ contentType, properties }: Pick<ReceivedEvent, 'contentType' | 'properties'>): string {
  return contentType ?? property(properties, 'content-type') ?? ''
}

function property(properties: ReceivedEvent['properties'], name: string): string | undefined {
  const value = properties[name]
  return typeof value === 'string' ? value.trim() : undefined
}

function formOf(contentType: string): Exclude<EventEncoding, 'auto'> | undefined {
  const [type = ''] = contentType.toLowerCase().split(';', 1)
  if (/^application\/(x-protobuf|protobuf|vnd\.google\.protobuf)$/.test(type.trim())) return 'otlp_proto'
  return /^(application|text)\/json$/.test(type.trim()) ? 'otlp_json' : undefined
}

/** No message of OTLP protobuf begins with a brace or with white space. */
function detected(body: Buffer): Exclude<EventEncoding, 'auto'> {
  const text = withoutMark(body)
  const first = text.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  return first === braceOpen ? 'otlp_json' : 'otlp_proto'
}

function parsed(body: Buffer, form: Exclude<EventEncoding, 'auto'>): Traces {
  try {
    if (form === 'otlp_proto') return Traces.fromProtobuf(body)
    if (!isUtf8(body)) throw new PermanentError('INVALID_OTLP', 'The JSON is not UTF-8.')
    return parseOtlpJson(withoutMark(body))
  } catch (error) {
    throw new EventError('not_otlp', `The event is no OTLP of the form ${form}: ${messageOf(error)}`)
  }
}

function withoutMark(body: Buffer): Buffer {
  return body.subarray(0, byteOrderMark.length).equals(byteOrderMark)
    ? body.subarray(byteOrderMark.length)
    : body
}

const tooLarge = (maxBytes: number): EventError =>
  new EventError('too_large', `The event is larger than ${maxBytes} bytes.`)
