import type { AttributeValue, SpanInit } from '@spanloom/core'

import { SpanId } from '../identity/span-id.ts'
import type { Command } from '../tracking/command.ts'
import { toNanos } from '../tracking/wall-time.ts'
import { localParentFlags, shortened } from './command-span.ts'

/** One HTTP exchange that a command caused. */
export interface Exchange {
  readonly method: string
  readonly url: URL
  /** Path with its variable parts left open, such as `/callback/{operation}`. */
  readonly template: string
  /** Unix milliseconds. */
  readonly start: number
  readonly end: number
  /** Absent when there was no answer. */
  readonly status?: number
  /** Absent where nothing went wrong. */
  readonly errorType?: string
  /** How often the same request was sent before. */
  readonly resendCount?: number
  readonly attributes?: Readonly<Record<string, AttributeValue>>
}

/** Who an exchange belongs to. */
export interface ExchangeOwner {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly verbatimTraceId?: string | undefined
}

/** The id of the next exchange of a command. It must be known before the request, which carries it. */
export function nextExchange(command: Command): ExchangeOwner {
  command.exchanges++
  return {
    traceId: command.traceId,
    spanId: SpanId.of(`${command.traceId}/${command.spanId.text}/${command.exchanges}`).text,
    parentSpanId: command.spanId.text,
    verbatimTraceId: command.verbatimTraceId,
  }
}

/** The client span of an exchange. */
export function exchangeSpan(owner: ExchangeOwner, exchange: Exchange): SpanInit {
  const { method, url, template, status, errorType, resendCount = 0 } = exchange
  const attributes: Record<string, AttributeValue> = {
    'http.request.method': method,
    'url.full': shortened(redactedUrl(url)),
    'url.template': shortened(template),
    'server.address': url.hostname,
    'server.port': portOf(url),
    ...exchange.attributes,
  }
  if (status !== undefined) attributes['http.response.status_code'] = status
  if (resendCount > 0) attributes['http.request.resend_count'] = resendCount
  if (owner.verbatimTraceId !== undefined) attributes['spanloom.trace_id'] = shortened(owner.verbatimTraceId)
  if (errorType !== undefined) attributes['error.type'] = errorType
  return {
    traceId: owner.traceId,
    spanId: owner.spanId,
    ...(owner.parentSpanId === undefined ? {} : { parentSpanId: owner.parentSpanId }),
    flags: localParentFlags,
    name: `${method} ${shortened(template)}`,
    kind: 'CLIENT',
    startTime: toNanos(exchange.start),
    endTime: toNanos(Math.max(exchange.end, exchange.start)),
    attributes,
    ...(errorType === undefined ? {} : { status: { code: 'ERROR' } }),
  }
}

/** The port of a URL, also where it is the usual one. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' || url.protocol === 'wss:' ? 443 : 80
}

/** A URL without user and without the values of its query, which may be secret. */
export function redactedUrl(url: URL): string {
  const query = [...url.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=REDACTED`).join('&')
  return `${url.protocol}//${url.host}${url.pathname}${query === '' ? '' : `?${query}`}`
}
