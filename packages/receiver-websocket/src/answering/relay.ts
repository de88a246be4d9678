import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'

import type { Clock, SpanInit } from '@spanloom/core'

import { endToEnd } from '../http/end-to-end-headers.ts'
import { type HttpLink, LinkError, type LinkResponse } from '../http/http-link.ts'
import { answer as refuse } from '../http/local-server.ts'
import { type LongBody, readBody, type WholeBody } from '../http/read-body.ts'
import type { Verdict } from '../identity/verdict.ts'
import { exchangeSpan } from '../spans/exchange-span.ts'
import type { Tracker } from '../tracking/tracker.ts'
import type { WallTime } from '../tracking/wall-time.ts'
import { type Answer, type Answers } from './answers.ts'
import { settleAnswer } from './settle.ts'

/** What a mode makes of a callback before it is passed on. */
export interface Decision {
  /** Names and values in turn. */
  readonly headers: readonly string[]
  /** The verdict on the command. */
  readonly verdict: Verdict
  /** Further attributes of the callback's span. */
  readonly attributes?: Readonly<Record<string, string>>
  /** Not passed on; what the sender is told. */
  readonly refusal?: string
}

/** What a relay of callbacks is made of. */
export interface RelayOptions {
  readonly link: HttpLink
  /** Where callbacks go, whatever the sender writes. */
  readonly origin: string
  readonly answers: Answers
  readonly tracker: Tracker
  readonly emit: (span: SpanInit) => void
  readonly clock: Clock
  readonly time: WallTime
  readonly timeoutMs: number
  readonly maxBodyBytes: number
  /** What becomes of a longer body. */
  readonly longBodies: 'refuse' | 'pass'
  readonly violationFails: boolean
  decide(answer: Answer, raw: readonly string[]): Decision
  /** Aborts when the receiver gives up. */
  readonly signal: AbortSignal
}

const maxAnswerBytes = 67_108_864

/**
 * Passes a callback of the integrator on to the one configured origin, bytes and headers as they are but for what the
 * mode decides, and the other side's answer back.
 */
export async function relayCallback(
  options: RelayOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { answers, time, maxBodyBytes } = options
  const url = targetOf(options.origin, request.url)
  if (url === undefined)
    return refuse(response, 400, 'BAD_TARGET', 'The request target must be a path on this server.')
  const start = time()
  const body = await readBody(request, maxBodyBytes).catch(() => undefined)
  // The sender went away: there is nobody to answer and nothing to pass on.
  if (body === undefined) return
  if (!body.complete && options.longBodies === 'refuse') {
    response.shouldKeepAlive = false
    return refuse(response, 413, 'BODY_TOO_LARGE', `The body is larger than ${maxBodyBytes} bytes.`)
  }
  const answer = await answers.find(request, body.head)
  const decision = options.decide(answer, request.rawHeaders)
  if (decision.refusal !== undefined) {
    if (answer.command !== undefined && !answer.again) answer.command.claimed = false
    return refuse(response, 422, 'TRACE_ID_CHANGED', decision.refusal)
  }
  const sent = { url, start, method: request.method ?? 'POST' }
  try {
    const reply = await options.link.send({
      method: sent.method,
      url,
      target: request.url ?? '/',
      headers: endToEnd(decision.headers),
      body: bodyToSend(body, request),
      timeoutMs: options.timeoutMs,
      maxBytes: maxAnswerBytes,
      signal: options.signal,
    })
    settle(options, answer, decision, sent, { status: reply.status }, body.head)
    passBack(response, reply)
  } catch (error) {
    const failure = error instanceof LinkError ? error.failure : 'connection_error'
    settle(options, answer, decision, sent, { failure }, body.head)
    const timeout = failure === 'timeout'
    refuse(
      response,
      timeout ? 504 : 502,
      timeout ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE',
      upstreamSilent,
    )
  }
}

const upstreamSilent = 'The callback could not be delivered: there was no answer from the other side.'

function settle(
  { answers, tracker, emit, time, violationFails }: RelayOptions,
  answer: Answer,
  decision: Decision,
  sent: { readonly url: URL; readonly start: number; readonly method: string },
  outcome: { readonly status?: number; readonly failure?: string },
  body: Buffer,
): void {
  const at = time()
  const { status } = outcome
  const failure = outcome.failure ?? (status !== undefined && status >= 400 ? String(status) : undefined)
  const { command } = answer
  emit(
    exchangeSpan(answer.owner, {
      ...sent,
      template: answer.template,
      end: at,
      ...(status === undefined ? {} : { status }),
      ...(failure === undefined ? {} : { errorType: failure }),
      attributes: { ...answers.attributesOf(answer), ...decision.attributes },
    }),
  )
  if (command === undefined || answer.again) return
  const { verdict } = decision
  const businessError = failure === undefined ? answers.businessError(body) : undefined
  settleAnswer(tracker, command, { at, status, failure, verdict, violationFails, businessError })
}

/** The URL of a request target on the configured origin; `undefined` for a target that names another one. */
function targetOf(origin: string, target: string | undefined): URL | undefined {
  if (target === undefined || !target.startsWith('/')) return undefined
  const url = new URL(origin)
  const query = target.indexOf('?')
  // Set part by part: a path that begins with two slashes would otherwise be read as another host.
  url.pathname = query < 0 ? target : target.slice(0, query)
  url.search = query < 0 ? '' : target.slice(query)
  return url
}

function bodyToSend(
  { head, complete }: WholeBody | LongBody,
  request: IncomingMessage,
): Buffer | Readable | null {
  if (complete) return head.length === 0 && bodiless.has(request.method ?? '') ? null : head
  return Readable.from(joined(head, request))
}

const bodiless = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE'])

async function* joined(head: Buffer, rest: IncomingMessage): AsyncGenerator<Buffer> {
  yield head
  for await (const chunk of rest) yield Buffer.from(chunk)
}

function passBack(response: ServerResponse, { status, headers, body }: LinkResponse): void {
  const bodyless = status === 204 || status === 304
  const length = bodyless ? [] : ['content-length', String(body.length)]
  response.writeHead(status, [...endToEnd(headers), ...length]).end(bodyless ? undefined : body)
}
