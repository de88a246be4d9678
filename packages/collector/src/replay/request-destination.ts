import {
  type Clock,
  createBackoff,
  messageOf,
  networkMessage,
  parseRetryAfter,
  sleep,
  SpanloomError,
} from '@spanloom/core'
import { Agent, request as send } from 'undici'

import { plain } from '../verbs/queue-table.ts'
import type { Destination, Outcome } from './destination.ts'
import type { RecordedRequest } from './recorded-request.ts'

/** Where requests go. */
export interface RequestDestinationOptions {
  /** With a path, everything goes there that names none itself. */
  readonly to: URL
  /** Paths by the source that a recording names. */
  readonly paths: ReadonlyMap<string, string>
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds for which one request is sent again; 0 means once only. */
  readonly retryForMs: number
  readonly clock: Clock
  readonly random: () => number
}

const again: ReadonlySet<number> = new Set([429, 502, 503, 504])
const backoff = { initial_interval: 500, randomization_factor: 0.5, multiplier: 1.5, max_interval: 10_000 }
const timeoutMs = 30_000
const mostAnswerBytes = 65_536
const mostReason = 200

interface Attempt {
  readonly outcome: Outcome
  /** What the server asks to wait. */
  readonly waitMs?: number | undefined
}

/** Sends recorded requests to an HTTP receiver. */
export function requestDestination(options: RequestDestinationOptions): Destination<RecordedRequest> {
  const { to, paths, retryForMs, clock, random } = options
  const agent = new Agent({ headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connections: 1 })

  const attempt = async (request: RecordedRequest, signal: AbortSignal): Promise<Attempt> => {
    const { method, headers, body } = request
    const url = urlOf(request, to, paths)
    if (url === undefined) return { outcome: refused('it does not say where it goes; name a path with --to') }
    try {
      const answer = await send(url, {
        method: method as 'POST',
        headers: { 'user-agent': 'spanloom-replay', ...headers, ...options.headers },
        body: method === 'GET' ? null : body,
        dispatcher: agent,
        signal,
      })
      const said = await textOf(answer.body)
      const status = answer.statusCode
      if (status >= 200 && status < 300) return { outcome: { taken: true } }
      const reason = `status ${status}${said === '' ? '' : `: ${said}`}`
      if (!again.has(status)) return { outcome: refused(reason) }
      const waitMs = parseRetryAfter(answer.headers['retry-after'], clock.now())
      return { outcome: { taken: false, reason, unreachable: true }, waitMs }
    } catch (error) {
      return { outcome: { taken: false, reason: networkMessage(error), unreachable: true } }
    }
  }

  return {
    async send(request, signal) {
      const delays = createBackoff(backoff, random)
      const until = clock.monotonic() + retryForMs
      for (;;) {
        const { outcome, waitMs = 0 } = await attempt(request, signal)
        if (outcome.taken || !outcome.unreachable) return outcome
        const delayMs = Math.max(delays.next(), waitMs)
        if (signal.aborted || clock.monotonic() + delayMs > until) return outcome
        try {
          await sleep(clock, delayMs, signal)
        } catch {
          return outcome
        }
      }
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

/** @throws SpanloomError `DESTINATION_INVALID` */
export function parseHttpUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new SpanloomError('DESTINATION_INVALID', `"${plain(text)}" is no HTTP address`, {
      hint: 'It looks like http://localhost:5000.',
    })
  }
  return url
}

/** Always on the server of `to`, whatever the recording says. */
function urlOf(
  { path, source }: RecordedRequest,
  to: URL,
  paths: ReadonlyMap<string, string>,
): URL | undefined {
  if (path === undefined && (to.pathname !== '/' || source === undefined)) return to
  const own = path ?? paths.get(source ?? '')
  const url = own === undefined ? null : URL.parse(own, to.origin)
  return url?.origin === to.origin ? url : undefined
}

const refused = (reason: string): Outcome => ({ taken: false, reason, unreachable: false })

/** The beginning of an answer; the rest is read and thrown away, or the connection closed. */
async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      length += chunk.length
      if (length > mostAnswerBytes) break
    }
  } catch (error) {
    return messageOf(error)
  }
  const text = plain(Buffer.concat(chunks).toString('utf8')).trim()
  return text.length > mostReason ? `${text.slice(0, mostReason)}…` : text
}
