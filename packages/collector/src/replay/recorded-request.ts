import { validateHeaderName, validateHeaderValue } from 'node:http'

import { connectionHeaders, parseJson, SpanloomError } from '@spanloom/core'

import { isRecord } from '../is-record.ts'

/** A request that somebody has recorded. */
export interface RecordedRequest {
  readonly method: string
  /** Path and query; absent where the recording does not name them. */
  readonly path: string | undefined
  /** Name of the tool that sent it, as `spanloom backfill recorded` knows it. */
  readonly source: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** When it came, in unix nanoseconds; 0 when the recording does not tell. */
  readonly time: bigint
}

const methods: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'])

/** Whether a line holds a request rather than traces. */
export function isRequest(value: unknown): boolean {
  return isRecord(value) && 'body' in value && !('resourceSpans' in value) && !('resource_spans' in value)
}

/**
 * Reads `{"time", "method", "path", "source", "headers", "body"}`, of which only `body` must be there. A body that is
 * text is sent as it is, everything else as JSON.
 *
 * @throws SpanloomError `REQUEST_INVALID`, PermanentError `INVALID_JSON`
 */
export function parseRequest(line: Uint8Array): RecordedRequest {
  const value = parseJson(line)
  if (!isRequest(value) || !isRecord(value)) throw invalid('it has no body')
  const { method = 'POST', path, source, time } = value
  if (typeof method !== 'string' || !methods.has(method))
    throw invalid(`its method is none of ${[...methods].join(', ')}`)
  if (path !== undefined && !isPath(path)) throw invalid('its path is none')
  const headers = headersOf(value['headers'])
  const text = typeof value['body'] === 'string'
  if (!text) headers['content-type'] ??= 'application/json'
  return {
    method,
    path,
    source: typeof source === 'string' ? source : undefined,
    headers,
    body: Buffer.from(typeof value['body'] === 'string' ? value['body'] : bodyText(line)),
    time: timeOf(time),
  }
}

/** The body as JSON, with all digits of its numbers. */
function bodyText(line: Uint8Array): string {
  const exact: unknown = JSON.parse(
    Buffer.from(line)
      .toString('utf8')
      .replace(/^\uFEFF/, ''),
    (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
        ? rawJson(context.source)
        : value,
  )
  return JSON.stringify(isRecord(exact) ? exact['body'] : undefined)
}

/** Newer than the types of the language. */
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }

function headersOf(value: unknown): Record<string, string> {
  const headers: Record<string, string> = {}
  if (value === undefined) return headers
  if (!isRecord(value)) throw invalid('its headers are no object')
  for (const [name, content] of Object.entries(value)) {
    const lower = name.toLowerCase()
    if (connectionHeaders.has(lower)) continue
    if (typeof content !== 'string') throw invalid(`its header ${JSON.stringify(name)} is no text`)
    try {
      validateHeaderName(name)
      validateHeaderValue(name, content)
    } catch {
      throw invalid(`its header ${JSON.stringify(name)} cannot be sent`)
    }
    Object.defineProperty(headers, lower, {
      value: content,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return headers
}

/** A path of the same server: `//other` would name another one. */
function isPath(value: unknown): value is string {
  return typeof value === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(value)
}

function timeOf(value: unknown): bigint {
  if (value === undefined) return 0n
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (!Number.isFinite(ms) || ms < 0)
    throw invalid('its time is neither RFC 3339 nor milliseconds since 1970')
  return BigInt(Math.round(ms * 1000)) * 1000n
}

const invalid = (what: string): SpanloomError =>
  new SpanloomError('REQUEST_INVALID', `The line holds no request: ${what}.`, {
    hint: 'It looks like {"path": "/github", "headers": {…}, "body": {…}}.',
  })
