import type { IncomingHttpHeaders } from 'node:http'

import {
  type Clock,
  createHttpDispatcher,
  exchange,
  type HttpResponse,
  messageOf,
  parseJson,
  sleep,
  SpanloomError,
} from '@spanloom/core'
import type { Dispatcher } from 'undici'

import { parseApiUrl, relativeOf, resolveApiUrl } from './api-url.ts'
import { nextLink } from './link-header.ts'
import { exhausted, limitOf } from './rate-limit.ts'

/** Why a request waits. */
export type WaitReason = 'rate_limit' | 'secondary_limit' | 'failure'

/** What a client works with. */
export interface RestClientOptions {
  /** Address of the API; see {@link parseApiUrl}. */
  readonly apiUrl: string
  /** Headers of every request, the token among them. They go to `apiUrl` and nowhere else. */
  readonly headers: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Between 0 and 1; spreads the waits after failures. */
  readonly random: () => number
  /** Hears of every wait before it begins. */
  readonly onWait?: (ms: number, reason: WaitReason, detail: string) => void
  /** For one request, its answer included. Default 60 s. */
  readonly timeoutMs?: number
  /** Failures of one request in a row before it is given up. Waiting for a limit is no failure. Default 8. */
  readonly maxFailures?: number
  /** Default: a pool that knows the proxies of the environment. */
  readonly dispatcher?: Dispatcher
}

/** One page of an API. */
export interface ApiPage {
  readonly value: unknown
  /** Path and query of the next page, where a `Link` header names it. */
  readonly next: string | undefined
  readonly headers: IncomingHttpHeaders
}

const maxResponseBytes = 64 * 1024 * 1024
const maxRedirects = 3
const longestBackoffMs = 60_000
/** Answers after which the same request may succeed. */
const retriable: ReadonlySet<number> = new Set([408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524])

/**
 * Reads a REST API patiently: waits for rate limits, tries again after failures and broken answers, and follows
 * redirects and links only within the API, because the token goes with every request.
 */
export class RestClient {
  readonly #options: RestClientOptions
  readonly #base: URL
  readonly #dispatcher: Dispatcher
  /** When the limit that is used up begins anew, by the monotonic clock. */
  #notBefore: number = 0
  #requests: number = 0

  /** @throws SpanloomError `API_URL_INVALID` */
  constructor(options: RestClientOptions) {
    this.#options = options
    this.#base = parseApiUrl(options.apiUrl)
    this.#dispatcher = options.dispatcher ?? poolFor(this.#base)
  }

  /** Requests so far, repeated ones included. */
  get requests(): number {
    return this.#requests
  }

  /**
   * Reads one address: a path of the API such as `/repos/acme/shop`, with its query.
   *
   * @throws SpanloomError `NOT_FOUND` for 404 and 410, `UNAUTHORIZED` for 401 and 403, `API_REFUSED` for other
   * answers that no repetition mends, `API_FAILED` when it failed too often, `FOREIGN_ADDRESS` when it leads
   * elsewhere; the signal's reason when that aborts
   */
  async get(path: string): Promise<ApiPage> {
    const { clock, signal, maxFailures = 8 } = this.#options
    let url = resolveApiUrl(this.#base, path)
    let redirects = 0
    for (let failures = 0; ;) {
      await this.#waitForLimit()
      const answer = await this.#ask(url).catch((error: unknown) => {
        signal.throwIfAborted()
        return messageOf(error)
      })
      const problem = typeof answer === 'string' ? answer : problemOf(answer)
      if (typeof answer !== 'string') {
        const target = redirectOf(answer)
        if (target !== undefined && redirects++ < maxRedirects) {
          url = resolveApiUrl(this.#base, new URL(target, url).href)
          continue
        }
        const text = answer.status < 400 ? '' : answer.body.subarray(0, 2_000).toString('utf8')
        const limit = limitOf({ status: answer.status, headers: answer.headers, text }, clock.now())
        if (limit !== undefined) {
          await this.#pause(limit.ms, limit.why, `The API answered ${answer.status}.`)
          continue
        }
        if (problem === undefined) return this.#page(answer)
        if (answer.status >= 300 && !retriable.has(answer.status)) throw refusal(answer.status, url)
      }
      failures++
      if (failures >= maxFailures)
        throw new SpanloomError('API_FAILED', `${describe(url)} failed ${failures} times: ${problem}`, {
          hint: 'Go on later with the same --resume file.',
        })
      await this.#pause(this.#backoff(failures), 'failure', problem ?? '')
    }
  }

  /** All pages from one on, as the API links them. */
  async *pages(path: string): AsyncGenerator<ApiPage, void, undefined> {
    for (let next: string | undefined = path; next !== undefined;) {
      const page: ApiPage = await this.get(next)
      yield page
      next = page.next
    }
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy().catch(() => undefined)
  }

  #page(answer: HttpResponse): ApiPage {
    const wait = exhausted(answer.headers, this.#options.clock.now())
    if (wait !== undefined) this.#notBefore = this.#options.clock.monotonic() + wait.ms
    const link = nextLink(answer.headers['link'])
    return {
      value: parseJson(answer.body),
      next: link === undefined ? undefined : relativeOf(resolveApiUrl(this.#base, link)),
      headers: answer.headers,
    }
  }

  async #ask(url: URL): Promise<HttpResponse> {
    const { headers, signal, timeoutMs = 60_000 } = this.#options
    this.#requests++
    const limit = new AbortController()
    const timer = this.#options.clock.schedule(timeoutMs, () =>
      limit.abort(new Error(`No whole answer came within ${timeoutMs / 1000} s.`)),
    )
    try {
      return await exchange(this.#dispatcher, {
        method: 'GET',
        url,
        headers: { accept: 'application/json', 'user-agent': 'spanloom-backfill', ...headers },
        body: null,
        signal: AbortSignal.any([signal, limit.signal]),
        maxResponseBytes,
      })
    } finally {
      timer.cancel()
    }
  }

  /** When the limit was used up by the request before, this one waits. */
  async #waitForLimit(): Promise<void> {
    const ms = this.#notBefore - this.#options.clock.monotonic()
    this.#notBefore = 0
    if (ms > 0) await this.#pause(ms, 'rate_limit', 'Nothing is left of the rate limit.')
  }

  async #pause(ms: number, reason: WaitReason, detail: string): Promise<void> {
    const { clock, signal, onWait } = this.#options
    onWait?.(ms, reason, detail)
    await sleep(clock, ms, signal)
  }

  /** Doubles with every failure; half of it is left to chance. */
  #backoff(failures: number): number {
    const most = Math.min(longestBackoffMs, 1_000 * 2 ** (failures - 1))
    return most / 2 + (most / 2) * this.#options.random()
  }
}

/** What is wrong with an answer; `undefined` for one that can be used. */
function problemOf({ status, body, truncated }: HttpResponse): string | undefined {
  if (status < 200 || status >= 300) return `the API answered ${status}`
  if (truncated) return `the answer is longer than ${maxResponseBytes} bytes`
  try {
    parseJson(body)
    return undefined
  } catch (error) {
    // Half an answer is what a proxy leaves when its server dies.
    return messageOf(error)
  }
}

function redirectOf({ status, headers }: HttpResponse): string | undefined {
  return [301, 302, 307, 308].includes(status) ? headers.location : undefined
}

function refusal(status: number, url: URL): SpanloomError {
  if (status === 404 || status === 410)
    return new SpanloomError('NOT_FOUND', `${describe(url)} does not exist (${status}).`, {
      hint: 'A token without the right to see it gets the same answer.',
    })
  if (status === 401 || status === 403)
    return new SpanloomError('UNAUTHORIZED', `The API does not let us read ${describe(url)} (${status}).`, {
      hint: 'Check the token: is it valid, and may it read this?',
    })
  return new SpanloomError('API_REFUSED', `The API answered ${status} for ${describe(url)}.`)
}

/** The address without its query, which may hold what a user searched for. */
const describe = (url: URL): string => `${url.host}${url.pathname}`

function poolFor({ protocol }: URL): Dispatcher {
  const settings = {
    proxy_url: undefined,
    max_conns_per_host: 4,
    idle_conn_timeout: 30_000,
    disable_keep_alives: false,
    force_attempt_http2: false,
    http2_read_idle_timeout: 0,
  }
  return createHttpDispatcher(
    settings,
    { minVersion: 'TLSv1.2', rejectUnauthorized: true },
    protocol === 'https:' ? 'https:' : 'http:',
  )
}
