import { batchType, isJsonType, structuredType } from './content-mode.ts'
import { type CloudEvent, CloudEventError, type EventData, type EventValue } from './event.ts'
import { encodeHeaderValue } from './header-value.ts'

/** What an event is made of. */
export interface CloudEventInit {
  readonly id: string
  readonly source: string
  readonly type: string
  /** Further attributes by name, such as `subject`, `time` and extensions; those that are `undefined` are left out. */
  readonly attributes?: Readonly<Record<string, EventValue | undefined>>
  readonly data?: EventData
}

/** A message of HTTP: its headers and its body. */
export interface EncodedEvent {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * Makes an event of version 1.0.
 *
 * @throws CloudEventError for an empty mandatory attribute or a name that CloudEvents does not allow
 */
export function createEvent({ id, source, type, attributes = {}, data }: CloudEventInit): CloudEvent {
  const all = new Map<string, EventValue>([
    ['specversion', '1.0'],
    ['id', id],
    ['source', source],
    ['type', type],
  ])
  for (const name of ['id', 'source', 'type'] as const) {
    if (all.get(name) === '') throw new CloudEventError(`missing_${name}`, `the attribute "${name}" is empty`)
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === '') continue
    if (!/^[a-z0-9]+$/.test(name) || name === 'data') {
      throw new CloudEventError(
        'invalid_attribute_name',
        `"${name}" is no name of an attribute: only a-z and 0-9 are`,
      )
    }
    if (all.has(name))
      throw new CloudEventError('duplicate_attribute', `the attribute "${name}" is given twice`)
    all.set(name, value)
  }
  return { id, source, type, specversion: '1.0', attributes: all, data, ignored: 0 }
}

/** Writes an event in the JSON format. */
export function encodeJson(event: CloudEvent): string {
  return `{${[...event.attributes].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}${dataMember(event)}}`
}

/** Writes an event in structured mode. */
export function encodeStructured(event: CloudEvent): EncodedEvent {
  return {
    headers: { 'content-type': `${structuredType}; charset=utf-8` },
    body: Buffer.from(encodeJson(event)),
  }
}

/** Writes several events in batch mode, for a receiver that asked for it. */
export function encodeBatch(events: readonly CloudEvent[]): EncodedEvent {
  const body = Buffer.from(`[${events.map(encodeJson).join(',')}]`)
  return { headers: { 'content-type': `${batchType}; charset=utf-8` }, body }
}

/** Writes an event in binary mode. Data of the JSON format that names no content type is `application/json` here. */
export function encodeBinary({ attributes, data }: CloudEvent): EncodedEvent {
  const headers: Record<string, string> = {}
  for (const [name, value] of attributes) {
    if (name !== 'datacontenttype') headers[`ce-${name}`] = encodeHeaderValue(String(value))
  }
  const contentType = attributes.get('datacontenttype')
  if (typeof contentType === 'string') headers['content-type'] = contentType
  else if (data !== undefined && data.kind !== 'bytes') headers['content-type'] = 'application/json'
  return { headers, body: bytesOf(data) }
}

/** The data as bytes, none for an event without. */
function bytesOf(data: EventData | undefined): Uint8Array {
  if (data === undefined) return new Uint8Array()
  if (data.kind === 'bytes') return data.bytes
  return Buffer.from(data.kind === 'text' ? data.text : JSON.stringify(data.value))
}

function dataMember({ attributes, data }: CloudEvent): string {
  if (data === undefined) return ''
  if (data.kind === 'json') return `,"data":${JSON.stringify(data.value)}`
  if (data.kind === 'text') return `,"data":${JSON.stringify(data.text)}`
  const contentType = attributes.get('datacontenttype')
  const json = typeof contentType === 'string' && isJsonType(contentType) ? jsonText(data.bytes) : undefined
  if (json !== undefined) return `,"data":${json}`
  return `,"data_base64":"${Buffer.from(data.bytes.buffer, data.bytes.byteOffset, data.bytes.byteLength).toString('base64')}"`
}

/** The bytes as text when they are JSON, so that they can be put in as they are. */
function jsonText(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  try {
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}
