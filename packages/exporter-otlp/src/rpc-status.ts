import { content, readMessage, signed } from './message-reader.ts'

/** A `google.rpc.Status` that a server answered with. */
export interface RpcStatus {
  readonly message: string
  /** Types of the details, such as `google.rpc.RetryInfo`. */
  readonly details: readonly string[]
  /** From the detail `RetryInfo`, if there is one: how long to wait, in milliseconds; 0 when it does not say (OTE-22). */
  readonly retryDelayMs: number | undefined
}

const retryInfo = 'google.rpc.RetryInfo'

/** Reads the protobuf form. @throws RangeError when the bytes are none. */
export function decodeRpcStatus(bytes: Buffer): RpcStatus {
  let message = ''
  let retryDelayMs: number | undefined
  const details: string[] = []
  for (const { number, value } of readMessage(bytes)) {
    if (number === 2) message = content(value).toString()
    if (number !== 3) continue
    const detail = decodeAny(content(value))
    details.push(detail.type)
    if (detail.type === retryInfo) retryDelayMs = decodeRetryInfo(detail.value)
  }
  return { message, details, retryDelayMs }
}

/** Reads the JSON form; `undefined` when the text is something else. */
export function parseRpcStatus(text: string): RpcStatus | undefined {
  const status = parsed(text)
  if (!isRecord(status)) return undefined
  const details = Array.isArray(status['details']) ? status['details'].filter(isRecord) : []
  return {
    message: typeof status['message'] === 'string' ? status['message'] : '',
    details: details.map((detail) => typeName(String(detail['@type']))),
    retryDelayMs: undefined,
  }
}

/** An object of foreign JSON. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function decodeAny(bytes: Buffer): { readonly type: string; readonly value: Buffer } {
  let type = ''
  let inner: Buffer = Buffer.alloc(0)
  for (const { number, value } of readMessage(bytes)) {
    if (number === 1) type = typeName(content(value).toString())
    if (number === 2) inner = content(value)
  }
  return { type, value: inner }
}

function decodeRetryInfo(bytes: Buffer): number {
  let delayMs = 0
  for (const { number, value } of readMessage(bytes))
    if (number === 1) delayMs = decodeDuration(content(value))
  return Math.max(0, delayMs)
}

function decodeDuration(bytes: Buffer): number {
  let ms = 0
  for (const { number, value } of readMessage(bytes)) {
    if (number === 1) ms += Number(signed(value)) * 1_000
    if (number === 2) ms += Number(signed(value)) / 1_000_000
  }
  return ms
}

/** A type URL without its host. */
const typeName = (url: string): string => url.slice(url.lastIndexOf('/') + 1)
