import { type AddressGuard, networkMessage, SpanloomError, type TlsClientOptions } from '@spanloom/core'
import { Agent, errors, request } from 'undici'

import type { Answer, Failure } from './verdict.ts'

/** Makes one POST; resolves with the answer, or with why there was none. Rejects only when `signal` aborts. */
export type Post = (
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  signal: AbortSignal,
) => Promise<Answer | Failure>

/** Where one endpoint is, and how to reach it. */
export interface PostTarget {
  readonly url: URL
  readonly tls: TlsClientOptions
  readonly guard: AddressGuard
  readonly timeoutMs: number
  readonly connections: number
  /** Texts that must not be told, should an endpoint send back what it got (WHX-14). */
  readonly secrets: readonly string[]
}

/** The connections of one endpoint. */
export interface Poster {
  readonly post: Post
  close(): Promise<void>
}

/** More of an answer is not read (WHX-06). */
const maxAnswerBytes = 2048

/** Connects to checked addresses only (WHX-13). */
export function createPoster({ url, tls, guard, timeoutMs, connections, secrets }: PostTarget): Poster {
  const hide = hiding([...secrets, url.href, url.pathname + url.search, url.search])
  const agent = new Agent({
    connect: { ...tls, lookup: guard.lookup, timeout: timeoutMs },
    connections,
    pipelining: 0,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    allowH2: false,
  })
  return {
    async post(headers, body, signal) {
      const timeout = AbortSignal.timeout(timeoutMs)
      try {
        guard.checkHost(url.hostname)
        const answer = await request(url, {
          method: 'POST',
          headers,
          body,
          dispatcher: agent,
          signal: AbortSignal.any([signal, timeout]),
        })
        return {
          status: answer.statusCode,
          headers: single(answer.headers),
          body: hide(await beginningOf(answer.body)),
        }
      } catch (error) {
        signal.throwIfAborted()
        return failureOfError(error, timeout.aborted, timeoutMs)
      }
    },
    close: () => agent.destroy(),
  }
}

/** Shorter texts are no secrets, and would be found everywhere. */
const shortestSecret = 4

/**
 * Puts `***` in place of the texts, the longest first, because one may be part of another; and of the beginning of one
 * at the end, where the answer was cut.
 */
function hiding(texts: readonly string[]): (text: string) => string {
  const hidden = texts
    .filter(({ length }) => length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length)
  return (text) => {
    const whole = hidden.reduce((rest, each) => rest.replaceAll(each, '***'), text)
    const partial = Math.max(0, ...hidden.map((each) => overlap(whole, each)))
    return partial === 0 ? whole : `${whole.slice(0, -partial)}***`
  }
}

/** How many characters at the end of a text begin a secret. */
function overlap(text: string, secret: string): number {
  for (let length = secret.length - 1; length >= shortestSecret; length--) {
    if (text.endsWith(secret.slice(0, length))) return length
  }
  return 0
}

function single(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? (value[0] ?? '') : (value ?? ''),
    ]),
  )
}

/** Leaving the loop early closes the connection. An answer that breaks off is one all the same: its status counts. */
async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of body) {
      parts.push(part)
      size += part.byteLength
      if (size >= maxAnswerBytes) break
    }
  } catch {
    // Cut, too slow, or nobody waits any more.
  }
  return Buffer.concat(parts).subarray(0, maxAnswerBytes).toString()
}

function failureOfError(error: unknown, timedOut: boolean, timeoutMs: number): Failure {
  const isTimeout =
    timedOut ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError
  const refused = error instanceof SpanloomError ? error : undefined
  const reason = isTimeout
    ? `no answer within ${timeoutMs} ms`
    : (refused?.message ?? `the request failed: ${networkMessage(error)}`)
  return { reason, overloaded: isTimeout, isFinal: false, isGone: false }
}
