import { isUtf8 } from 'node:buffer'

import { jsonDepthExceeds } from '@spanloom/core'

import { isRepresentable } from '../identity/header-value.ts'
import { type Pointer, resolvePointer } from './json-pointer.ts'
import { NumberText, parseKeepingNumbers } from './number-text.ts'
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
const longestOperation = 256
/** Below this size depth is harmless: nothing here walks a message recursively. */
const shallowBytes = 1024

/** Makes the reader of a protocol (`websocket.md` section 2). Pure: one message says nothing about the next. */
export function createReader(profile: WireProfile, options: ReaderOptions): Read {
  const { maxDepth = 64 } = options
  const { fields } = profile
  const headers = fields.traceId?.slice(0, -1)

  return (data, binary, side) => {
    if (profile.opaque) return side === 'commands' ? opaque(data) : ignored
    if (binary && options.binary === 'ignore') return failure('binary')
    if (binary && !isUtf8(data)) return failure('bad_utf8')
    const text = withoutMark(data.toString('utf8'))
    if (text === options.heartbeatReply) return ignored
    if (options.ignore.length > 0 && options.ignore.some((pattern) => pattern.test(text))) return ignored
    if (data.length > shallowBytes && jsonDepthExceeds(data, maxDepth)) return failure('too_deep')
    const root = parse(text)
    if (root === undefined) return failure('bad_json')
    if (typeof root !== 'object' || root === null || Array.isArray(root)) return failure('not_an_object')
    return readObject(root, text, side, data.length)
  }

  function readObject(root: object, text: string, side: Side, size: number): Reading {
    const type = fields.type && textAt(root, fields.type)
    if (type !== undefined) {
      if (profile.ignoreTypes.has(type)) return aside(root)
      if (profile.itemTypes.has(type) || profile.endTypes.has(type)) return answer(root, text, type)
      if (profile.commandTypes.size > 0 && !profile.commandTypes.has(type)) return ignored
    }
    if (side === 'replies')
      return profile.reply === 'socket' && type === undefined ? reply(root, text) : ignored
    return command(root, text, size)
  }

  function aside(root: object): Reading {
    const traceparent = fields.connectionTraceparent && textAt(root, fields.connectionTraceparent)
    return traceparent === undefined ? ignored : { kind: 'ignored', connectionTraceparent: traceparent }
  }

  /** An answer of a protocol that does not mark its messages: it has an id and names no operation. */
  function reply(root: object, text: string): Reading {
    if (fields.operation !== undefined && resolvePointer(root, fields.operation) !== undefined) return ignored
    return answer(root, text, undefined)
  }

  function answer(root: object, text: string, type: string | undefined): Reading {
    const id = fields.requestId && idAt(root, text, fields.requestId).id
    if (id === undefined) return ignored
    const item = type !== undefined && profile.itemTypes.has(type)
    const failed =
      (type !== undefined && profile.errorTypes.has(type)) ||
      (fields.error !== undefined && (resolvePointer(root, fields.error) ?? null) !== null)
    return { kind: item ? 'item' : 'end', requestId: id, errorType: failed ? profile.errorType : undefined }
  }

  function command(root: object, text: string, size: number): Reading {
    const given = fields.operation && resolvePointer(root, fields.operation)
    const operation = given === undefined || given === null || given === '' ? profile.defaultOperation : given
    const socketAnswer = profile.reply === 'socket' && fields.type === undefined
    if (operation === undefined)
      return socketAnswer && textOrNumber(root, fields.requestId) ? ignored : failure('missing_operation')
    if (typeof operation !== 'string') return failure('missing_operation')
    if (operation.length > longestOperation || operation === '.' || operation === '..')
      return failure('bad_operation')

    const warnings: ReadWarning[] = []
    const request = fields.requestId && idAt(root, text, fields.requestId)
    if (request !== undefined && request.id === undefined && !profile.notifications)
      warnings.push('missing_request_id')
    if (request?.wasNumber === true && !profile.numericIds) warnings.push('request_id_not_string')
    const traceparent = fields.traceparent && textAt(root, fields.traceparent)
    return {
      kind: 'command',
      operation,
      requestId: request?.id,
      traceId: traceIdOf(root, text, warnings),
      spanId: fields.spanId && textAt(root, fields.spanId),
      traceparent,
      tracestate: fields.tracestate && textAt(root, fields.tracestate),
      warnings: warnings.length === 0 ? noWarnings : warnings,
      size,
      root,
    }
  }

  function traceIdOf(root: object, text: string, warnings: ReadWarning[]): string | undefined {
    if (fields.traceId === undefined || headers === undefined) return undefined
    const holder = resolvePointer(root, headers)
    if (holder === undefined || holder === null) {
      warnings.push('missing_headers')
      return undefined
    }
    if (typeof holder !== 'object') {
      warnings.push('headers_not_object')
      return undefined
    }
    const value = resolvePointer(holder, fields.traceId.slice(-1))
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value !== 'string') warnings.push('trace_id_not_string')
    const verbatim = typeof value === 'number' ? digitsAt(text, fields.traceId) : value
    if (typeof verbatim !== 'string') return undefined
    if (!isRepresentable(verbatim)) warnings.push('trace_id_not_representable')
    return verbatim
  }

  function idAt(
    root: object,
    text: string,
    pointer: Pointer,
  ): { readonly id: string | undefined; readonly wasNumber: boolean } {
    const value = resolvePointer(root, pointer)
    if (typeof value === 'string') return { id: value === '' ? undefined : value, wasNumber: false }
    if (typeof value !== 'number') return { id: undefined, wasNumber: false }
    const exact = profile.numericIds && Number.isSafeInteger(value)
    return { id: exact ? String(value) : digitsAt(text, pointer), wasNumber: true }
  }
}

const failure = (reason: ReadError): Reading => ({ kind: 'error', reason })

const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

function textAt(root: object, pointer: Pointer): string | undefined {
  const value = resolvePointer(root, pointer)
  return typeof value === 'string' && value !== '' ? value : undefined
}

const textOrNumber = (root: object, pointer: Pointer | undefined): boolean =>
  pointer !== undefined && ['string', 'number'].includes(typeof resolvePointer(root, pointer))

/** The digits of a number as they were sent; a second pass, because it is rare and slow. */
function digitsAt(text: string, pointer: Pointer): string | undefined {
  const value = resolvePointer(parseKeepingNumbers(text), pointer)
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
    root: undefined,
  }
}
