import { isUtf8 } from 'node:buffer'

import { jsonDepthExceeds } from '@spanloom/core'

import { isRepresentable } from '../identity/header-value.ts'
import { type Pointer, resolvePointer } from './json-pointer.ts'
import { NumberText, parseKeepingNumbers } from './number-text.ts'
import { Picker } from './picker.ts'
import type { CommandMessage, Reading, ReadError, ReadWarning, Side } from './reading.ts'
import type { WireProfile } from './wire-profile.ts'

/** What a reader may do. */
export interface ReaderOptions {
  /** Whether binary frames hold text as well. */
  readonly binary: 'decode' | 'ignore'
  /** Messages whose text one of these matches are no error. */
  readonly ignore: readonly RegExp[]
  /** The other side's answer to a heartbeat. */
  readonly heartbeatReply?: string
  /** How deep objects may lie inside each other; default 64. */
  readonly maxDepth?: number
}

/** Reads one message. `data` is UTF-8 unless `binary`, as the WebSocket layer has checked. */
export type Read = (data: Buffer, binary: boolean, side: Side) => Reading

const ignored: Reading = { kind: 'ignored' }
const noWarnings: readonly ReadWarning[] = []
const noValues: readonly unknown[] = []
const longestOperation = 256
const byteOrderMark = 0xfeff
/** Below this size depth is harmless: nothing here walks a message recursively. */
const shallowBytes = 1024

/** Positions of what a reader asks a message for; the attributes come after them. */
const asked = {
  type: 0,
  operation: 1,
  requestId: 2,
  /** The object that holds the trace id. */
  headers: 3,
  traceId: 4,
  spanId: 5,
  traceparent: 6,
  tracestate: 7,
  error: 8,
  connectionTraceparent: 9,
  orderingKey: 10,
  callbackUrl: 11,
  attributes: 12,
} as const

/** Values in the order of {@link asked}. */
type Values = readonly unknown[]

/** Makes the reader of a protocol (`websocket.md` section 2). Pure: one message says nothing about the next. */
export function createReader(profile: WireProfile, options: ReaderOptions): Read {
  const { maxDepth = 64 } = options
  const { fields } = profile
  const pointers: readonly (Pointer | undefined)[] = [
    fields.type,
    fields.operation,
    fields.requestId,
    fields.traceId?.slice(0, -1),
    fields.traceId,
    fields.spanId,
    fields.traceparent,
    fields.tracestate,
    fields.error,
    fields.connectionTraceparent,
    fields.orderingKey,
    fields.callbackUrl,
    ...profile.attributes.map(([, pointer]) => pointer),
  ]
  const picker = new Picker(pointers, new Set([fields.type, fields.operation]))

  return (data, binary, side) => {
    if (profile.opaque) return side === 'commands' ? opaque(data) : ignored
    if (binary && options.binary === 'ignore') return failure('binary')
    if (binary && !isUtf8(data)) return failure('bad_utf8')
    if (isExpected(data)) return ignored
    const picked = picker.pick(data)
    if (picked !== undefined) return readValues(picked, data, side)
    if (data.length > shallowBytes && jsonDepthExceeds(data, maxDepth)) return failure('too_deep')
    const root = parse(textOf(data))
    if (root === undefined) return failure('bad_json')
    if (typeof root !== 'object' || root === null || Array.isArray(root)) return failure('not_an_object')
    const values = pointers.map((pointer) => pointer && resolvePointer(root, pointer))
    return readValues(values, data, side)
  }

  function isExpected(data: Buffer): boolean {
    const { heartbeatReply, ignore } = options
    if (heartbeatReply === undefined && ignore.length === 0) return false
    const text = textOf(data)
    return text === heartbeatReply || ignore.some((pattern) => pattern.test(text))
  }

  function readValues(values: Values, data: Buffer, side: Side): Reading {
    const type = textAt(values, asked.type)
    if (type !== undefined) {
      if (profile.ignoreTypes.has(type)) return aside(values)
      if (profile.itemTypes.has(type) || profile.endTypes.has(type)) return answer(values, data, type)
      if (profile.commandTypes.size > 0 && !profile.commandTypes.has(type)) return ignored
    }
    if (side === 'replies')
      return profile.reply === 'socket' && type === undefined ? reply(values, data) : ignored
    return command(values, data)
  }

  /** An answer of a protocol that does not mark its messages: it has an id and names no operation. */
  function reply(values: Values, data: Buffer): Reading {
    return values[asked.operation] === undefined ? answer(values, data, undefined) : ignored
  }

  function answer(values: Values, data: Buffer, type: string | undefined): Reading {
    const id = requestIdOf(values, data)
    if (id === undefined) return ignored
    const item = type !== undefined && profile.itemTypes.has(type)
    const failed =
      (type !== undefined && profile.errorTypes.has(type)) || (values[asked.error] ?? null) !== null
    return { kind: item ? 'item' : 'end', requestId: id, errorType: failed ? profile.errorType : undefined }
  }

  function command(values: Values, data: Buffer): Reading {
    const given = values[asked.operation]
    const operation = given === undefined || given === null || given === '' ? profile.defaultOperation : given
    const request = values[asked.requestId]
    if (operation === undefined) {
      const socketAnswer = profile.reply === 'socket' && fields.type === undefined
      const named = typeof request === 'string' || typeof request === 'number'
      return socketAnswer && named ? ignored : failure('missing_operation')
    }
    if (typeof operation !== 'string') return failure('missing_operation')
    if (operation.length > longestOperation || operation === '.' || operation === '..')
      return failure('bad_operation')

    const warnings: ReadWarning[] = []
    const requestId = requestIdOf(values, data)
    if (fields.requestId !== undefined && requestId === undefined && !profile.notifications)
      warnings.push('missing_request_id')
    if (typeof request === 'number' && !profile.numericIds) warnings.push('request_id_not_string')
    const traceId = traceIdOf(values, data, warnings)
    return {
      kind: 'command',
      operation,
      requestId,
      traceId,
      spanId: textAt(values, asked.spanId),
      traceparent: textAt(values, asked.traceparent),
      tracestate: textAt(values, asked.tracestate),
      warnings: warnings.length === 0 ? noWarnings : warnings,
      size: data.length,
      attributes: profile.attributes.length === 0 ? noValues : values.slice(asked.attributes),
      orderingKey: values[asked.orderingKey],
      callbackUrl: values[asked.callbackUrl],
    }
  }

  function traceIdOf(values: Values, data: Buffer, warnings: ReadWarning[]): string | undefined {
    if (fields.traceId === undefined) return undefined
    const holder = values[asked.headers]
    if (holder === undefined || holder === null) {
      warnings.push('missing_headers')
      return undefined
    }
    if (typeof holder !== 'object') {
      warnings.push('headers_not_object')
      return undefined
    }
    const value = values[asked.traceId]
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value !== 'string') warnings.push('trace_id_not_string')
    const verbatim = typeof value === 'number' ? digitsAt(data, fields.traceId) : value
    if (typeof verbatim !== 'string') return undefined
    if (!isRepresentable(verbatim)) warnings.push('trace_id_not_representable')
    return verbatim
  }

  function requestIdOf(values: Values, data: Buffer): string | undefined {
    const value = values[asked.requestId]
    if (typeof value === 'string') return value === '' ? undefined : value
    if (typeof value !== 'number' || fields.requestId === undefined) return undefined
    const exact = profile.numericIds && Number.isSafeInteger(value)
    return exact ? String(value) : digitsAt(data, fields.requestId)
  }
}

function aside(values: Values): Reading {
  const traceparent = textAt(values, asked.connectionTraceparent)
  return traceparent === undefined ? ignored : { kind: 'ignored', connectionTraceparent: traceparent }
}

const failure = (reason: ReadError): Reading => ({ kind: 'error', reason })

function textOf(data: Buffer): string {
  const text = data.toString('utf8')
  return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

function textAt(values: Values, position: number): string | undefined {
  const value = values[position]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The digits of a number as they were sent; a second pass, because it is rare and slow. */
function digitsAt(data: Buffer, pointer: Pointer): string | undefined {
  const value = resolvePointer(parseKeepingNumbers(textOf(data)), pointer)
  return value instanceof NumberText ? value.text : undefined
}

function opaque(data: Buffer): CommandMessage {
  return {
    kind: 'command',
    operation: 'message',
    requestId: undefined,
    traceId: undefined,
    spanId: undefined,
    traceparent: undefined,
    tracestate: undefined,
    warnings: noWarnings,
    size: data.length,
    attributes: noValues,
    orderingKey: undefined,
    callbackUrl: undefined,
  }
}
