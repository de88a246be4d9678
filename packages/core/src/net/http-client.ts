import { validateHeaderValue } from 'node:http'

import type { Dispatcher } from 'undici'

import type { Clock } from '../clock/clock.ts'
import type { Host } from '../component/component.ts'
import type { Offline } from '../component/offline.ts'
import type { BuildInfo } from '../component/options.ts'
import { messageOf, RetryableError, SpanloomError, StartError } from '../errors/errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import { findClientAuth, type AuthHeaders } from './client-auth.ts'
import { headerEntries } from './header-map.ts'
import type { HttpClientConfig } from './http-client-settings.ts'
import { createHttpDispatcher, type ProxyEnvironment } from './http-dispatcher.ts'
import { exchange, type HttpExchange, type HttpResponse } from './http-exchange.ts'
import { Renewable } from './renewable.ts'
import { loadClientTls, sameTls, type TlsClientOptions } from './tls-client.ts'
import { userAgent } from './user-agent.ts'

/** What an HTTP client needs from outside. */
export interface HttpClientOptions {
  readonly host: Host
  readonly clock: Clock
  readonly logger: Logger
  readonly build: BuildInfo
  /** Where proxies are named. Default `process.env`. */
  readonly env?: ProxyEnvironment
}

/** Sends requests with the headers, credentials and connections that its settings ask for. */
export interface HttpClient {
  /**
   * Makes one request. `headers` are defaults that the configured ones override; the authenticator's
   * override both.
   *
   * @throws RetryableError with gRPC status 14 when the network or an authenticator fails, and the reason
   * of the signal when that aborts.
   */
  request(request: HttpExchange): Promise<HttpResponse>
  /**
   * Closes idle connections at once and others after their requests; does not wait for those when `signal`
   * aborts. A request in flight ends by its own signal.
   */
  close(signal: AbortSignal): Promise<void>
}

/**
 * Makes a client: reads the TLS files and looks up the authenticator, but opens no connection.
 *
 * @throws StartError when a file, header or authenticator cannot be used.
 */
export async function createHttpClient(
  config: HttpClientConfig,
  options: HttpClientOptions,
): Promise<HttpClient> {
  const { host, clock, logger, build, env } = options
  if (host.offline !== undefined) return offlineClient(config, host.offline)
  const own = lowerCased([['user-agent', userAgent(build)]])
  const configured = lowerCased(checked(headerEntries(config.headers)))
  const auth = findClientAuth(host, config.auth)
  const connections = await Renewable.create<TlsClientOptions, Connections>({
    intervalMs: config.tls.reload_interval ?? 0,
    clock,
    load: () => loadClientTls(config.tls),
    same: sameTls,
    make: (tls) => new Connections((protocol) => createHttpDispatcher(config, tls, protocol, env)),
    dispose: (replaced) => void replaced.close(),
    onError: (error) => logger.warn('TLS files could not be read again.', { error }),
  })

  return {
    async request({ headers, ...request }) {
      const credentials = auth && (await authHeaders(auth))
      const all = { ...own, ...lowerCased(Object.entries(headers)), ...configured, ...credentials }
      try {
        return await exchange(connections.current().to(request.url), { ...request, headers: all })
      } catch (error) {
        if (error === request.signal.reason || error instanceof SpanloomError) throw error
        throw networkError(error)
      }
    },
    async close(signal) {
      const open = connections.current()
      const closed = open.close()
      const { promise: destroyed, resolve } = Promise.withResolvers<void>()
      const destroy = (): void => resolve(open.destroy())
      signal.addEventListener('abort', destroy, { once: true })
      if (signal.aborted) destroy()
      await Promise.race([closed, destroyed])
      signal.removeEventListener('abort', destroy)
    },
  }
}

/** Asks whoever plays the other side; without the credentials, which are nobody's business there. */
function offlineClient(config: HttpClientConfig, offline: Offline): HttpClient {
  const configured = lowerCased(headerEntries(config.headers))
  return {
    async request({ method, url, headers, body, maxResponseBytes }) {
      const sent = { ...lowerCased(Object.entries(headers)), ...configured }
      const answer = await offline.answer({ method, url, headers: sent, body: body ?? new Uint8Array() })
      const whole = Buffer.from(answer.body ?? '')
      return {
        status: answer.status,
        headers: { ...answer.headers },
        body: whole.subarray(0, maxResponseBytes),
        truncated: whole.length > maxResponseBytes,
      }
    },
    close: () => Promise.resolve(),
  }
}

/** Connection pools by the protocol of URLs, made when they are needed. */
class Connections {
  readonly #make: (protocol: 'http:' | 'https:') => Dispatcher
  readonly #made = new Map<string, Dispatcher>()

  constructor(make: (protocol: 'http:' | 'https:') => Dispatcher) {
    this.#make = make
  }

  to({ protocol }: URL): Dispatcher {
    let dispatcher = this.#made.get(protocol)
    if (dispatcher === undefined) {
      dispatcher = this.#make(protocol === 'https:' ? 'https:' : 'http:')
      this.#made.set(protocol, dispatcher)
    }
    return dispatcher
  }

  /** Lets requests in flight finish. */
  async close(): Promise<void> {
    await Promise.allSettled(Array.from(this.#made.values(), (dispatcher) => dispatcher.close()))
  }

  async destroy(): Promise<void> {
    await Promise.allSettled(Array.from(this.#made.values(), (dispatcher) => dispatcher.destroy()))
  }
}

/** Headers that the client itself sets; another value would corrupt the framing of requests. */
const reserved = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

function checked(entries: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  for (const [name] of entries)
    if (reserved.has(name.toLowerCase()))
      throw new StartError(
        'HEADER_INVALID',
        `The header "${name}" cannot be set: the HTTP client sets it itself.`,
      )
  return entries
}

function lowerCased(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]))
}

async function authHeaders(auth: AuthHeaders): Promise<Record<string, string>> {
  try {
    const entries = Object.entries(await auth())
    for (const [name, value] of entries) validateHeaderValue(name, value)
    return lowerCased(entries)
  } catch (cause) {
    throw new RetryableError('AUTH_FAILED', `failed to get credentials: ${messageOf(cause)}`, {
      cause,
      grpcStatus: 16,
    })
  }
}

function networkError(cause: unknown): RetryableError {
  return new RetryableError('NETWORK_ERROR', `failed to make an HTTP request: ${networkMessage(cause)}`, {
    cause,
    grpcStatus: 14,
  })
}

/** What went wrong with a connection: a host with several addresses fails with one error for each. */
export function networkMessage(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return messageOf(error)
}
