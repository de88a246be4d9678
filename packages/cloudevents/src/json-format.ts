import { isUtf8 } from 'node:buffer'

import { AttributeCollector } from './attributes.ts'
import { isJsonType } from './content-mode.ts'
import { type CloudEvent, CloudEventError, type DecodeOptions, type EventData } from './event.ts'
import { outlineOf } from './json-scan.ts'

/** One member of a batch: an event, or what is wrong with it. */
export type BatchMember =
  | { readonly event: CloudEvent; readonly json: Uint8Array; readonly error?: undefined }
  | { readonly event?: undefined; readonly json: Uint8Array; readonly error: CloudEventError }

/** What limits a batch. */
export interface BatchOptions extends DecodeOptions {
  /** Default 1000 (C-SIZE-2). */
  readonly maxEvents?: number
}

const maxDepth = 100

/**
 * Decodes one event in the JSON format (`cloudevents.md` section 5).
 *
 * @throws CloudEventError
 */
export function decodeJson(json: Uint8Array, options: DecodeOptions = {}): CloudEvent {
  const text = withoutMark(json)
  const { depth, members } = outlineOf(text, maxDepth)
  const value = parse(text, depth)
  if (Array.isArray(value)) {
    throw new CloudEventError(
      'batch_not_supported',
      'the body is a list of events, which needs the batch media type',
    )
  }
  return decodeObject(value, members, options)
}

/**
 * Decodes a list of events in the JSON format. What is wrong with one concerns that one alone.
 *
 * @throws CloudEventError when the list itself cannot be read
 */
export function decodeJsonBatch(
  json: Uint8Array,
  { maxEvents = 1000, ...options }: BatchOptions = {},
): readonly BatchMember[] {
  const text = withoutMark(json)
  const { depth, elements } = outlineOf(text, maxDepth)
  const values = parse(text, depth)
  if (!Array.isArray(values)) throw new CloudEventError('not_an_object', 'the body is not a list of events')
  if (values.length > maxEvents) {
    throw new CloudEventError('batch_too_large', `the list holds more than ${maxEvents} events`)
  }
  const members = values.map((value: unknown, index): BatchMember => {
    const { start, end, members: count } = elements[index] ?? { start: 0, end: 0, members: 0 }
    const own = text.subarray(start, end)
    try {
      return { event: decodeObject(value, count, options), json: own }
    } catch (error) {
      if (error instanceof CloudEventError) return { error, json: own }
      throw error
    }
  })
  if (options.validation === 'strict') checkVersions(members)
  return members
}

/** All events of a batch share one specversion (F-BATCH-1). */
function checkVersions(members: readonly BatchMember[]): void {
  const versions = new Set(members.flatMap(({ event }) => (event === undefined ? [] : [event.specversion])))
  if (versions.size > 1) {
    throw new CloudEventError('mixed_specversion', 'the events of the list differ in their specversion')
  }
}

/** @param written members in the text, those of equal names counted apart */
function decodeObject(value: unknown, written: number, options: DecodeOptions): CloudEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CloudEventError('not_an_object', 'an event in the JSON format is an object')
  }
  const attributes = new AttributeCollector(options)
  const names = Object.keys(value)
  // The parser keeps the last of several members of one name, others keep the first: such an event means two things.
  if (written !== names.length) {
    throw new CloudEventError('duplicate_attribute', 'a member of the event appears twice')
  }
  let data: unknown
  let base64: unknown
  let contentType: unknown
  const members = value as Readonly<Record<string, unknown>>
  for (const name of names) {
    const member = members[name]
    if (name === 'data') data = member
    else if (name === 'data_base64') base64 = member
    else {
      if (name === 'datacontenttype') contentType = member
      attributes.add(name, member)
    }
  }
  return attributes.finish(
    dataOf(data, base64, typeof contentType === 'string' ? contentType : undefined, options),
  )
}

function dataOf(
  data: unknown,
  base64: unknown,
  contentType: string | undefined,
  { validation }: DecodeOptions,
): EventData | undefined {
  if (base64 !== undefined && base64 !== null) {
    if (data !== undefined) throw new CloudEventError('data_twice', 'the event has both data and data_base64')
    if (typeof base64 !== 'string' || (validation === 'strict' && !isBase64(base64))) {
      throw new CloudEventError('invalid_base64', 'the member data_base64 is not Base64')
    }
    return { kind: 'bytes', bytes: Buffer.from(base64, 'base64') }
  }
  if (data === undefined) return undefined
  return typeof data === 'string' && !isJsonType(contentType)
    ? { kind: 'text', text: data }
    : { kind: 'json', value: data }
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

function parse(json: Uint8Array, depth: number): unknown {
  if (!isUtf8(json)) throw new CloudEventError('invalid_json', 'the body is not UTF-8')
  if (depth > maxDepth) {
    throw new CloudEventError('invalid_json', `the body is nested deeper than ${maxDepth} levels`)
  }
  try {
    const value: unknown = JSON.parse(
      Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8'),
    )
    return value
  } catch {
    // The parser's own message quotes the text.
    throw new CloudEventError('invalid_json', 'the body is not valid JSON')
  }
}

function withoutMark(json: Uint8Array): Uint8Array {
  return json[0] === 0xef && json[1] === 0xbb && json[2] === 0xbf ? json.subarray(3) : json
}
