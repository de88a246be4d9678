import { PermanentError } from '@spanloom/core'

/** What the body of an event is. */
export type EventForm = 'otlp_proto' | 'otlp_json' | 'invictus'

/** Content types by form. */
export const contentTypes: Readonly<Record<EventForm, string>> = {
  otlp_proto: 'application/x-protobuf',
  otlp_json: 'application/json',
  invictus: 'application/json',
}

/** A finished event of a request: what stays the same over all attempts to send it. */
export interface FramedEvent {
  readonly body: Uint8Array
  readonly form: EventForm
  readonly partitionKey?: string | undefined
  readonly compression?: 'gzip' | undefined
  /** Spans that the event counts for. */
  readonly spans: number
}

/** Media type of a list of framed events, as it stands beside stored requests. */
export const framesMediaType = 'application/vnd.spanloom.events'

const magic = Buffer.from('SLEV1\n')
const lengthBytes = 4

interface Head {
  readonly form: EventForm
  readonly key?: string | undefined
  readonly gzip?: true | undefined
  readonly spans: number
}

/** The events as one body: a mark, then for each event the length and the text of its head, and those of its body. */
export function encodeFrames(events: readonly FramedEvent[]): Buffer {
  const parts: Buffer[] = [magic]
  for (const { body, form, partitionKey, compression, spans } of events) {
    const head: Head = {
      form,
      spans,
      ...(partitionKey === undefined ? {} : { key: partitionKey }),
      ...(compression === undefined ? {} : { gzip: true }),
    }
    const text = Buffer.from(JSON.stringify(head))
    parts.push(lengthOf(text), text, lengthOf(body), asBuffer(body))
  }
  return Buffer.concat(parts)
}

/**
 * The inverse of `encodeFrames`; bodies are views of `bytes`.
 *
 * @throws PermanentError `BODY_DAMAGED` when the bytes are no list of events.
 */
export function decodeFrames(bytes: Uint8Array): readonly FramedEvent[] {
  const buffer = asBuffer(bytes)
  if (!buffer.subarray(0, magic.length).equals(magic)) throw damaged()
  const events: FramedEvent[] = []
  let position = magic.length
  const part = (): Buffer => {
    const start = position + lengthBytes
    if (start > buffer.length) throw damaged()
    const end = start + buffer.readUInt32BE(position)
    if (end > buffer.length) throw damaged()
    position = end
    return buffer.subarray(start, end)
  }
  while (position < buffer.length) {
    const { form, key, gzip, spans } = headOf(part())
    events.push({
      body: part(),
      form,
      spans,
      ...(key === undefined ? {} : { partitionKey: key }),
      ...(gzip === true ? { compression: 'gzip' } : {}),
    })
  }
  return events
}

function headOf(text: Buffer): Head {
  let head: unknown
  try {
    head = JSON.parse(text.toString())
  } catch (cause) {
    throw damaged(cause)
  }
  if (!isHead(head)) throw damaged()
  return head
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false
  if (!('form' in value) || !Object.hasOwn(contentTypes, String(value.form))) return false
  if (!('spans' in value) || !Number.isSafeInteger(value.spans)) return false
  return !('key' in value) || typeof value.key === 'string'
}

function lengthOf({ length }: Uint8Array): Buffer {
  const bytes = Buffer.alloc(lengthBytes)
  bytes.writeUInt32BE(length)
  return bytes
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const damaged = (cause?: unknown): PermanentError =>
  new PermanentError('BODY_DAMAGED', 'The request is no list of events.', { cause })
