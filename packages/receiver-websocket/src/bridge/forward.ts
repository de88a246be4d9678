import type { Clock, Logger, SpanInit } from '@spanloom/core'

import { type HttpLink, LinkError, type LinkResponse } from '../http/http-link.ts'
import type { UrlTemplate } from '../http/path-template.ts'
import { headerValueOf } from '../identity/header-value.ts'
import { traceParentOf } from '../identity/traceparent.ts'
import { type ExchangeOwner, exchangeSpan, nextExchange } from '../spans/exchange-span.ts'
import { type Command, headerOf, logFieldsOf } from '../tracking/command.ts'
import type { Metrics } from '../tracking/metrics.ts'
import type { Tracker } from '../tracking/tracker.ts'
import type { WallTime } from '../tracking/wall-time.ts'

/** Settings of the way to the local API. */
export interface ForwardSettings {
  readonly template: UrlTemplate
  readonly timeoutMs: number
  /** Names and values in turn. */
  readonly headers: readonly string[]
  /** Header that carries the request id; '' for none. */
  readonly requestIdHeader: string
  readonly traceIdHeader: string
  /** Operations that may be sent a second time. */
  readonly retryOperations: ReadonlySet<string>
  /** Requests for one command at most. */
  readonly maxAttempts: number
  readonly maxAnswerBytes: number
}

/** What forwarding works with. */
export interface ForwardOptions {
  readonly settings: ForwardSettings
  readonly link: HttpLink
  readonly emit: (span: SpanInit) => void
  readonly metrics: Metrics
  readonly tracker: Tracker
  readonly logger: Logger
  readonly clock: Clock
  readonly time: WallTime
  readonly signal: AbortSignal
}

/** What the local API said. */
export type ForwardOutcome =
  | { readonly kind: 'answer'; readonly response: LinkResponse; readonly at: number }
  | { readonly kind: 'failed'; readonly errorType: string; readonly at: number }

/**
 * Hands a command to the local API, its bytes as they came (`websocket.md` section 6.1). Sends it once: commands may
 * move money. Never rejects.
 */
export async function forward(
  options: ForwardOptions,
  command: Command,
  body: Buffer,
): Promise<ForwardOutcome> {
  const { settings } = options
  const attempts = settings.retryOperations.has(command.operation) ? settings.maxAttempts : 1
  for (let attempt = 0; ; attempt++) {
    const outcome = await once(options, command, body, attempt)
    if (outcome.kind === 'answer' || attempt + 1 >= attempts || command.state === 'late') return outcome
  }
}

async function once(
  options: ForwardOptions,
  command: Command,
  body: Buffer,
  attempt: number,
): Promise<ForwardOutcome> {
  const { settings, link, time, tracker, signal } = options
  const url = settings.template.expand(command.operation)
  const owner = nextExchange(command)
  const start = time()
  tracker.note(command, 'forwarded', start)
  let response: LinkResponse | undefined
  let errorType: string | undefined
  try {
    response = await link.send({
      method: 'POST',
      url,
      headers: headersOf(settings, command, owner),
      body,
      timeoutMs: settings.timeoutMs,
      maxBytes: settings.maxAnswerBytes,
      signal,
    })
    if (response.status >= 300) errorType = String(response.status)
  } catch (error) {
    const failure = error instanceof LinkError ? error.failure : 'connection_error'
    errorType = failure === 'timeout' ? 'forward_timeout' : failure
    options.logger.warn('The local API gave no answer.', { ...logFieldsOf(command), url: url.href, error })
  }
  const at = time()
  tracker.note(command, 'local_answer', at)
  options.metrics.forwarded(at - start, command.operationLabel, String(response?.status ?? errorType))
  options.emit(
    exchangeSpan(owner, {
      method: 'POST',
      url,
      template: settings.template.path,
      start,
      end: at,
      resendCount: attempt,
      ...(response === undefined ? {} : { status: response.status }),
      ...(errorType === undefined ? {} : { errorType }),
    }),
  )
  return response === undefined || errorType !== undefined
    ? { kind: 'failed', errorType: errorType ?? 'connection_error', at }
    : { kind: 'answer', response, at }
}

function headersOf(settings: ForwardSettings, command: Command, owner: ExchangeOwner): string[] {
  const { requestId, traceState } = command
  const traceId = headerOf(command)
  const headers = [...settings.headers, 'content-type', 'application/json']
  if (traceId !== undefined) headers.push(settings.traceIdHeader, traceId)
  headers.push('span-id', owner.spanId, 'traceparent', traceParentOf(owner.traceId, owner.spanId))
  if (traceState !== '') headers.push('tracestate', traceState)
  const requestIdValue = headerValueOf(requestId)
  if (settings.requestIdHeader !== '' && requestIdValue !== undefined)
    headers.push(settings.requestIdHeader, requestIdValue)
  return headers
}
