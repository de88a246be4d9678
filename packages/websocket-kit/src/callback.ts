import { validateHeaderName, validateHeaderValue } from 'node:http'

import { type Dispatcher, request } from 'undici'

import { callbackUrl } from './callback-url.ts'
import type { CommandContext } from './context.ts'
import { CallbackError } from './errors.ts'
import { callbackHeaders } from './headers.ts'
import { type RetryOptions, retryDelay } from './retry.ts'
import { type SignatureOptions, sign } from './signature.ts'

/** Where results go, and how. */
export interface CallbackSettings {
  /** Template such as `https://connector.example.test/callback/{operation}`; `{rID}` may stand in it too. */
  readonly url?: string
  /** Sent with every callback. */
  readonly headers?: Readonly<Record<string, string>>
  readonly sign?: SignatureOptions
  /** Whether `span-id` and `parent-span-id` go with the trace id. Default true. */
  readonly spanHeaders?: boolean
  /** Milliseconds after the command's arrival beyond which no attempt is repeated. Default 80 000. */
  readonly responseTimeoutMs?: number
  /** Milliseconds for one attempt. Default 30 000. */
  readonly attemptTimeoutMs?: number
  /** Default: from 1 s, doubled up to 16 s. `false`: one attempt. */
  readonly retry?: RetryOptions | false
  /** Connections of `undici`, for proxies, TLS and tests. */
  readonly dispatcher?: Dispatcher
}

/** What may differ in one call. */
export interface CallbackOptions {
  /** Template in place of the kit's. */
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** The answer to a callback. */
export interface CallbackResult {
  /** HTTP status, 2xx. */
  readonly status: number
  /** At most the first mebibyte of the answer. */
  readonly body: string
  /** Requests that were made. */
  readonly attempts: number
}

/** Time for the callback client. */
export interface CallbackTime {
  now(): number
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>
}

const json = 'application/json'
const maxAnswer = 1024 * 1024

/**
 * Checks what would else fail with the first callback.
 *
 * @throws TypeError for a URL or a header that cannot be sent.
 */
export function checkCallbackSettings({ url, headers, sign }: CallbackSettings): void {
  if (url !== undefined && !/^https?:$/.test(new URL(url.replaceAll(/[{}]/g, '')).protocol)) {
    throw new TypeError('The callback URL must start with http:// or https://.')
  }
  checkHeaders(headers)
  if (sign !== undefined) validateHeaderName(sign.header)
}

/** Node's own message names the header and leaves its value out. */
function checkHeaders(headers: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  }
}

/**
 * Posts the result of a command. An object is serialised once, after `rID` was put in where it lacks; text and bytes
 * go as they are. Connection errors, 429 and 5xx are tried again with the same bytes and headers.
 *
 * @throws CallbackError
 * @throws TypeError for headers in `options` that cannot be sent.
 */
export async function sendCallback(
  result: unknown,
  context: CommandContext,
  settings: CallbackSettings,
  options: CallbackOptions,
  time: CallbackTime,
): Promise<CallbackResult> {
  const template = options.url ?? settings.url
  if (template === undefined) {
    throw new CallbackError(
      'NO_CALLBACK_URL',
      'There is no callback URL: give createKit({ callback: { url } }).',
    )
  }
  checkHeaders(options.headers)
  const url = callbackUrl(template, context)
  const body = bodyOf(result, context.rID)
  const headers = headersOf(body, context, settings, options)
  const deadline = context.receivedAt + (settings.responseTimeoutMs ?? 80_000)
  for (let attempts = 1; ; attempts++) {
    const outcome = await attempt(url, body, headers, settings, options.signal)
    if (outcome.status !== undefined && outcome.status < 300) {
      return { status: outcome.status, body: outcome.body, attempts }
    }
    const delay = isLasting(outcome) ? undefined : retryDelay(settings.retry, attempts, outcome.retryAfterMs)
    if (delay === undefined || time.now() + delay > deadline) throw failure(outcome, attempts)
    await time.sleep(delay, options.signal)
  }
}

function bodyOf(result: unknown, rID: string | undefined): Uint8Array {
  if (result instanceof Uint8Array) return result
  if (typeof result === 'string') return Buffer.from(result)
  const lacksId =
    typeof result === 'object' && result !== null && !Array.isArray(result) && !('rID' in result)
  const filled =
    lacksId && rID !== undefined ? { rID, ...result } : (result ?? (rID === undefined ? {} : { rID }))
  return Buffer.from(JSON.stringify(filled))
}

function headersOf(
  body: Uint8Array,
  context: CommandContext,
  settings: CallbackSettings,
  options: CallbackOptions,
): Record<string, string> {
  const headers = new Map<string, string>([['content-type', json]])
  const layers = [
    settings.headers ?? {},
    options.headers ?? {},
    ...(settings.sign === undefined ? [] : [{ [settings.sign.header]: sign(body, settings.sign) }]),
    callbackHeaders(context, settings.spanHeaders ?? true),
  ]
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) headers.set(name.toLowerCase(), value)
  }
  return Object.fromEntries(headers)
}

/** Status and answer of one attempt, or why there was none. */
interface Outcome {
  readonly status?: number
  readonly body: string
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

async function attempt(
  url: URL,
  body: Uint8Array,
  headers: Record<string, string>,
  settings: CallbackSettings,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const limit = AbortSignal.timeout(settings.attemptTimeoutMs ?? 30_000)
  try {
    const answer = await request(url, {
      method: 'POST',
      headers,
      body,
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      ...(settings.dispatcher === undefined ? {} : { dispatcher: settings.dispatcher }),
    })
    const seconds = Number(answer.headers['retry-after'])
    return {
      status: answer.statusCode,
      body: await textOf(answer.body),
      retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined,
    }
  } catch (cause) {
    signal?.throwIfAborted()
    return { body: '', cause }
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    parts.push(part)
    size += part.byteLength
    if (size > maxAnswer) break
  }
  return Buffer.concat(parts).subarray(0, maxAnswer).toString()
}

/** Whether another attempt would end alike. */
function isLasting({ status }: Outcome): boolean {
  return status !== undefined && status !== 429 && status < 500
}

function failure(outcome: Outcome, attempts: number): CallbackError {
  const { status, cause } = outcome
  const what = status === undefined ? 'could not be sent' : `was answered with ${status}`
  return new CallbackError(
    isLasting(outcome) ? 'REFUSED' : 'EXHAUSTED',
    `The callback ${what}${attempts > 1 ? ` after ${attempts} attempts` : ''}.`,
    { status, attempts, cause },
  )
}
