import { messageOf, RetryableError, type Clock } from '@spanloom/core'
import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici'

import type { AccessToken } from './token-source.ts'

/** One request for a token. */
export interface TokenRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Fields of a form. */
  readonly form?: Readonly<Record<string, string>>
}

/** Sends a request and answers status and body. */
export type TokenCall = (
  request: TokenRequest,
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: string }>

const limitMs = 15_000
const maxBody = 256 * 1024

/**
 * Asks a token service once.
 *
 * @throws RetryableError `TOKEN_REFUSED` or `TOKEN_FAILED`; keys and roles may be mended while we run.
 */
export async function requestToken(
  call: TokenCall,
  details: TokenRequest,
  clock: Pick<Clock, 'now'>,
): Promise<AccessToken> {
  const { host } = new URL(details.url)
  let answer: Awaited<ReturnType<TokenCall>>
  try {
    answer = await call(details, AbortSignal.timeout(limitMs))
  } catch (error) {
    // The text of the client names addresses at most; the request with its secret is not in it.
    throw new RetryableError('TOKEN_FAILED', `No token could be got from ${host}: ${messageOf(error)}`)
  }
  if (answer.status !== 200) throw refused(host, answer)
  return tokenOf(host, answer.body, clock)
}

function refused(host: string, { status, body }: { readonly status: number; readonly body: string }): Error {
  const reason = parsed(body)?.['error']
  const word = typeof reason === 'string' && /^[\w.-]{1,64}$/.test(reason) ? ` (${reason})` : ''
  return new RetryableError('TOKEN_REFUSED', `${host} gave no token: status ${status}${word}.`, {
    hint: 'Check tenant, client id and secret, and that the identity exists and may use the hub.',
  })
}

function tokenOf(host: string, body: string, clock: Pick<Clock, 'now'>): AccessToken {
  const fields = parsed(body)
  const token = fields?.['access_token']
  const expiresMs = expiryOf(fields, clock.now())
  if (typeof token !== 'string' || token === '' || expiresMs === undefined)
    throw new RetryableError('TOKEN_FAILED', `The answer of ${host} holds no token.`)
  return { token, expiresMs }
}

/** `expires_on` is a moment in seconds, `expires_in` a number of seconds; either may be text. */
function expiryOf(fields: Readonly<Record<string, unknown>> | undefined, nowMs: number): number | undefined {
  const on = Number(fields?.['expires_on'] ?? Number.NaN)
  if (Number.isFinite(on)) return on * 1000
  const in_ = Number(fields?.['expires_in'] ?? Number.NaN)
  return Number.isFinite(in_) ? nowMs + in_ * 1000 : undefined
}

function parsed(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** Calls over HTTP; services of the machine itself are never reached through a proxy. */
export function httpTokenCall(): TokenCall {
  let agent: Dispatcher | undefined
  return async ({ method, url, headers, form }, signal) => {
    agent ??= new EnvHttpProxyAgent({
      noProxy: [
        process.env['NO_PROXY'] ?? process.env['no_proxy'] ?? '',
        '169.254.169.254,localhost,127.0.0.1,::1',
      ].join(','),
    })
    const response = await request(url, {
      method,
      dispatcher: agent,
      signal,
      headers: {
        accept: 'application/json',
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...headers,
      },
      ...(form ? { body: new URLSearchParams(form).toString() } : {}),
    })
    let body = ''
    for await (const chunk of response.body.setEncoding('utf8')) {
      body += String(chunk)
      if (body.length > maxBody) throw new Error('The answer is too long.')
    }
    return { status: response.statusCode, body }
  }
}
