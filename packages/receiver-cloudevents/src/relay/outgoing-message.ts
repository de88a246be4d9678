import { type CloudEvent, encodeBinary, setJsonMembers } from '@spanloom/cloudevents'

import type { NewExtension } from '../spans/event-spans.ts'

/** An event as it is forwarded: the message that came, but for what belongs to the hop. */
export interface OutgoingMessage {
  /** Whether the event is in the headers or in the body. */
  readonly mode: 'binary' | 'structured'
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Headers that concern one connection, one body or one hop. */
const hopHeaders = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'traceparent',
  'tracestate',
  'transfer-encoding',
  'upgrade',
])

/**
 * The headers of a request that are forwarded.
 *
 * @param isAuthenticated whether `Authorization` was meant for us, so that it is nobody else's business
 */
export function forwardedHeaders(
  headers: NodeJS.Dict<string[]>,
  isAuthenticated: boolean,
): Readonly<Record<string, string>> {
  const named = new Set((headers['connection'] ?? []).flatMap((value) => value.toLowerCase().split(/[\s,]+/)))
  const kept: Record<string, string> = Object.create(null)
  for (const [name, values = []] of Object.entries(headers)) {
    if (hopHeaders.has(name) || named.has(name) || (isAuthenticated && name === 'authorization')) continue
    kept[name] = values.join(name === 'cookie' ? '; ' : ', ')
  }
  return kept
}

/** A message for an event that came over another transport. */
export function messageOf(event: CloudEvent): OutgoingMessage {
  return { mode: 'binary', ...encodeBinary(event) }
}

/** Writes the extension into an event that has none (R-EXT-4); nothing else of it changes. */
export function withExtension(
  { mode, headers, body }: OutgoingMessage,
  { traceparent, tracestate }: NewExtension,
): OutgoingMessage {
  if (mode === 'structured') {
    const members = new Map([
      ['traceparent', traceparent],
      // A trace state without its traceparent says nothing, and must not be taken for that of the new one.
      ['tracestate', tracestate === '' ? null : tracestate],
    ])
    return { mode, headers, body: setJsonMembers(body, members) }
  }
  const { 'ce-tracestate': _, ...others } = headers
  const state = tracestate === '' ? {} : { 'ce-tracestate': tracestate }
  return { mode, headers: { ...others, 'ce-traceparent': traceparent, ...state }, body }
}
