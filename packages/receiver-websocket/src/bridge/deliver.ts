import { type Clock, type Logger, sleep, type SpanInit } from '@spanloom/core'

import { mayResend, type Outcome } from '../answering/settle.ts'
import { valuesOf } from '../http/end-to-end-headers.ts'
import { type HttpLink, LinkError, type LinkResponse } from '../http/http-link.ts'
import type { UrlTemplate } from '../http/path-template.ts'
import { headerValueOf } from '../identity/header-value.ts'
import { judge } from '../identity/verdict.ts'
import { exchangeSpan, nextExchange } from '../spans/exchange-span.ts'
import { type Command, headerOf, logFieldsOf } from '../tracking/command.ts'
import type { WallTime } from '../tracking/wall-time.ts'
import { signature, type SignSettings } from './sign.ts'

/** Settings of the way back. */
export interface DeliverySettings {
  readonly template: UrlTemplate
  readonly timeoutMs: number
  /** Names and values; `{tenant}` stands for the tenant. */
  readonly headers: readonly (readonly [string, string])[]
  readonly traceIdHeader: string
  /** Also sends the ids of the spans. */
  readonly spanHeaders: boolean
  readonly sign: SignSettings | undefined
  /** Secret of a tenant's signatures. */
  secretOf(tenant: string): string | undefined
  readonly retry: { readonly initialMs: number; readonly maxIntervalMs: number; readonly jitter: number }
  readonly responseTimeoutMs: number
  /** Whether a trace id that HTTP cannot carry makes the command fail. */
  readonly violationFails: boolean
}

/** What delivery works with. */
export interface DeliveryOptions {
  readonly settings: DeliverySettings
  readonly link: HttpLink
  readonly emit: (span: SpanInit) => void
  readonly logger: Logger
  readonly clock: Clock
  readonly time: WallTime
  /** 0 to 1. */
  readonly random: () => number
  readonly signal: AbortSignal
}

const maxReplyBytes = 1_048_576

/**
 * Delivers the local API's answer, byte for byte, with the trace id as it came. What was not taken is sent again,
 * the same bytes with the same headers, until the other side no longer waits (`websocket.md` section 6.1).
 */
export async function deliver(
  options: DeliveryOptions,
  command: Command,
  answer: LinkResponse,
  url: URL = options.settings.template.expand(command.operation),
): Promise<Outcome> {
  const { settings, clock, time, signal } = options
  const deadline = command.receivedAt + settings.responseTimeoutMs
  const headers = headersOf(settings, command, answer)
  const verdict = judge(command.verbatimTraceId, valuesOf(headers, settings.traceIdHeader))
  for (let attempt = 0, waitMs = settings.retry.initialMs; ; attempt++, waitMs *= 2) {
    const { status, failure, at } = await send(options, command, { url, headers, body: answer.body }, attempt)
    const done: Outcome = { at, status, failure, verdict, violationFails: settings.violationFails }
    if (failure === undefined || failure === 'address_refused' || !mayResend(status)) return done
    const pauseMs =
      Math.min(waitMs, settings.retry.maxIntervalMs) * (1 + settings.retry.jitter * options.random())
    if (at + pauseMs >= deadline || signal.aborted) return done
    try {
      await sleep(clock, pauseMs, signal)
    } catch {
      return { ...done, at: time() }
    }
  }
}

async function send(
  { settings, link, emit, logger, time, signal }: DeliveryOptions,
  command: Command,
  request: { readonly url: URL; readonly headers: readonly string[]; readonly body: Buffer },
  attempt: number,
): Promise<{
  readonly status: number | undefined
  readonly failure: string | undefined
  readonly at: number
}> {
  const owner = nextExchange(command)
  const late = command.state === 'late'
  const start = time()
  // Each attempt is the same request; only the span that it makes is another one.
  let status: number | undefined
  let failure: string | undefined
  try {
    const reply = await link.send({
      ...request,
      method: 'POST',
      timeoutMs: settings.timeoutMs,
      maxBytes: maxReplyBytes,
      signal,
    })
    status = reply.status
    if (status >= 300) failure = String(status)
  } catch (error) {
    failure = error instanceof LinkError ? error.failure : 'connection_error'
    logger.warn('The answer could not be delivered.', { ...logFieldsOf(command), attempt, error })
  }
  const at = time()
  emit(
    exchangeSpan(owner, {
      method: 'POST',
      url: request.url,
      template: settings.template.path,
      start,
      end: at,
      resendCount: attempt,
      ...(status === undefined ? {} : { status }),
      ...(failure === undefined ? {} : { errorType: failure }),
      ...(late ? { attributes: { 'spanloom.callback.late': true } } : {}),
    }),
  )
  return { status, failure, at }
}

function headersOf(settings: DeliverySettings, command: Command, answer: LinkResponse): string[] {
  const { tenant } = command.origin
  const headers = settings.headers.flatMap(([name, value]) => [name, value.replaceAll('{tenant}', tenant)])
  headers.push('content-type', valuesOf(answer.headers, 'content-type')[0] ?? 'application/json')
  const [encoding] = valuesOf(answer.headers, 'content-encoding')
  if (encoding !== undefined) headers.push('content-encoding', encoding)
  const traceId = headerOf(command)
  if (traceId !== undefined) headers.push(settings.traceIdHeader, traceId)
  if (settings.spanHeaders) {
    headers.push('span-id', command.spanId.text)
    const parent = headerValueOf(command.verbatimSpanId)
    if (parent !== undefined) headers.push('parent-span-id', parent)
  }
  const secret = settings.sign === undefined ? undefined : settings.secretOf(tenant)
  if (settings.sign !== undefined && secret !== undefined)
    headers.push(settings.sign.header, signature(answer.body, secret, settings.sign))
  return headers
}
