import { MessageError } from './errors.ts'
import { isRepresentable } from './identifiers.ts'
import { isWithinDepth } from './json-depth.ts'

/** What a WebSocket library hands over as a message, or the object that was parsed of it already. */
export type MessageInput =
  | string
  | Uint8Array
  | ArrayBuffer
  | readonly Uint8Array[]
  | Readonly<Record<string, unknown>>

/** Something odd in a command that is dealt with all the same. */
export type CommandWarning =
  | 'missing_request_id'
  | 'request_id_not_string'
  | 'missing_headers'
  | 'headers_not_object'
  | 'trace_id_not_string'
  | 'trace_id_not_representable'

/** A command as it came. */
export interface Command {
  readonly operation: string
  /** Request id; `undefined` when the command has none. */
  readonly rID: string | undefined
  /** `__headers__["trace-id"]` as it came: a black box that goes back unchanged. */
  readonly traceId: string | undefined
  /** `__headers__["span-id"]` as it came. */
  readonly spanId: string | undefined
  /** The whole message. Values of members with hostile names are plain data; never merge it into another object. */
  readonly message: Readonly<Record<string, unknown>>
  readonly warnings: readonly CommandWarning[]
}

/** Limits of what is read. */
export interface MessageLimits {
  /** Bytes of one message; default 1 MiB. */
  readonly maxMessageSize?: number
  /** Objects and arrays within each other; default 64. */
  readonly maxDepth?: number
}

/**
 * Reads one message (`websocket.md` section 2).
 *
 * @throws MessageError when it is no command.
 */
export function readCommand(input: MessageInput, limits: MessageLimits = {}): Command {
  const text = textOf(input, limits.maxMessageSize ?? 1024 * 1024)
  const message = text === undefined ? input : parse(text, limits.maxDepth ?? 64)
  if (!isObject(message)) throw new MessageError('not_an_object', 'The message is JSON, but no object.')
  const operation = own(message, 'operation')
  if (typeof operation !== 'string' || operation === '') {
    throw new MessageError('missing_operation', 'The message has no member "operation" with a name.')
  }
  const warnings: CommandWarning[] = []
  const exact = numbersKept(text, message)
  const rID = requestId(own(message, 'rID'), own(exact, 'rID'), warnings)
  const { traceId, spanId } = identifiersOf(own(message, '__headers__'), own(exact, '__headers__'), warnings)
  return { operation, rID, traceId, spanId, message, warnings }
}

/** `undefined` when the message is an object already. */
function textOf(input: MessageInput, maxSize: number): string | undefined {
  if (typeof input === 'string') {
    if (Buffer.byteLength(input) > maxSize) throw tooLarge(maxSize)
    return input.startsWith('\uFEFF') ? input.slice(1) : input
  }
  if (input instanceof Uint8Array || input instanceof ArrayBuffer) return decode(input, maxSize)
  if (isFragments(input)) {
    if (input.reduce((size, part) => size + part.byteLength, 0) > maxSize) throw tooLarge(maxSize)
    return decode(Buffer.concat(input), maxSize)
  }
  return undefined
}

function decode(bytes: Uint8Array | ArrayBuffer, maxSize: number): string {
  if (bytes.byteLength > maxSize) throw tooLarge(maxSize)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new MessageError('bad_utf8', 'The message is not UTF-8.')
  }
}

const tooLarge = (maxSize: number): MessageError =>
  new MessageError('too_large', `The message has more than ${maxSize} bytes.`)

function parse(text: string, maxDepth: number): unknown {
  if (!isWithinDepth(text, maxDepth)) {
    throw new MessageError('too_deep', `The message nests objects and arrays deeper than ${maxDepth}.`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new MessageError('bad_json', 'The message is not JSON.')
  }
}

/**
 * The message with numbers in place of identifiers as the text that was sent, because digits beyond 2^53 do not
 * survive as a number. The second parse is five times slower, so it is made only where there is such a number.
 */
function numbersKept(
  text: string | undefined,
  message: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const headers = own(message, '__headers__')
  const identifiers = [
    own(message, 'rID'),
    ...(isObject(headers) ? [own(headers, 'trace-id'), own(headers, 'span-id')] : []),
  ]
  if (text === undefined || !identifiers.some((each) => typeof each === 'number')) return message
  const exact: unknown = JSON.parse(text, keepNumbers)
  return isObject(exact) ? exact : message
}

/** A reviver that leaves the digits of an identifier as they were sent. */
const keepNumbers = (key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && identifierNames.has(key) ? (context?.source ?? String(value)) : value

const identifierNames: ReadonlySet<string> = new Set(['rID', 'trace-id', 'span-id'])

function requestId(sent: unknown, exact: unknown, warnings: CommandWarning[]): string | undefined {
  if (typeof sent === 'string' && sent !== '') return sent
  if (typeof sent === 'number') {
    warnings.push('request_id_not_string')
    return typeof exact === 'string' ? exact : String(sent)
  }
  warnings.push('missing_request_id')
  return undefined
}

function identifiersOf(
  headers: unknown,
  exact: unknown,
  warnings: CommandWarning[],
): Pick<Command, 'traceId' | 'spanId'> {
  if (!isObject(headers)) {
    warnings.push(headers === undefined || headers === null ? 'missing_headers' : 'headers_not_object')
    return { traceId: undefined, spanId: undefined }
  }
  const spanId = own(headers, 'span-id')
  return {
    traceId: traceIdOf(
      own(headers, 'trace-id'),
      isObject(exact) ? own(exact, 'trace-id') : undefined,
      warnings,
    ),
    spanId: typeof spanId === 'string' && spanId !== '' ? spanId : undefined,
  }
}

function traceIdOf(sent: unknown, exact: unknown, warnings: CommandWarning[]): string | undefined {
  if (sent === undefined || sent === null || sent === '') return undefined
  if (typeof sent !== 'string') warnings.push('trace_id_not_string')
  const traceId = typeof sent === 'number' && typeof exact === 'string' ? exact : sent
  if (typeof traceId !== 'string') return typeof traceId === 'number' ? String(traceId) : undefined
  if (!isRepresentable(traceId)) warnings.push('trace_id_not_representable')
  return traceId
}

/** Own members only: a member named `__proto__` is data, and nothing is inherited. */
function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFragments(value: MessageInput): value is readonly Uint8Array[] {
  return Array.isArray(value)
}
