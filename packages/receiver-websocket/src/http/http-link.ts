import { isIP } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import {
  type AddressGuard,
  type Clock,
  loadClientTls,
  type Offline,
  SpanloomError,
  type TlsClientConfig,
} from '@spanloom/core'
import { Agent, buildConnector, type Dispatcher } from 'undici'

/** One request on its way. `headers` are names and values in turn. */
export interface LinkRequest {
  readonly method: string
  readonly url: URL
  /** Request target on the URL's origin; default: path and query of the URL. */
  readonly target?: string
  readonly headers: readonly string[]
  readonly body: Uint8Array | Readable | null
  /** Milliseconds until it is given up. */
  readonly timeoutMs: number
  /** Bytes of the answer's body at most. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** The answer of the other side, its bytes untouched. */
export interface LinkResponse {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Buffer
}

/** Why there was no answer. */
export type LinkFailure = 'timeout' | 'connection_error' | 'response_too_large' | 'address_refused'

/** A request that got no answer. */
export class LinkError extends Error {
  readonly failure: LinkFailure

  constructor(failure: LinkFailure, cause: unknown) {
    super(cause instanceof Error && cause.message !== '' ? cause.message : failure, { cause })
    this.name = 'LinkError'
    this.failure = failure
  }
}

/** A pool of HTTP connections that follows no redirects and retries nothing. */
export interface HttpLink {
  /** Rejects with a {@link LinkError}. */
  send(request: LinkRequest): Promise<LinkResponse>
  close(signal: AbortSignal): Promise<void>
}

/** What a pool is made of. */
export interface HttpLinkOptions {
  readonly clock: Clock
  readonly tls: TlsClientConfig
  /** Connections to one origin at most. */
  readonly connections: number
  /** Whom names may lead to; `undefined` where the settings alone decide about the address. */
  readonly guard: AddressGuard | undefined
  /** Who answers where nothing may be sent. */
  readonly offline?: Offline | undefined
}

/** Reads the TLS files; opens no connection. @throws StartError when a file cannot be read */
export async function createHttpLink(options: HttpLinkOptions): Promise<HttpLink> {
  const { clock, guard, offline } = options
  if (offline !== undefined) return offlineLink(offline)
  const tls = await loadClientTls(options.tls)
  const connect = buildConnector({
    ...tls,
    allowH2: false,
    ...(guard === undefined ? {} : { lookup: guard.lookup }),
  })
  const agent = new Agent({
    connect: guard === undefined ? connect : guarded(connect, guard),
    connections: options.connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
  })
  return {
    send: (request) => exchange(agent, request, clock),
    async close(signal) {
      const { promise: destroyed, resolve } = Promise.withResolvers<void>()
      const destroy = (): void => resolve(agent.destroy())
      if (signal.aborted) destroy()
      else signal.addEventListener('abort', destroy, { once: true })
      await Promise.race([agent.close().catch(() => undefined), destroyed])
      signal.removeEventListener('abort', destroy)
    },
  }
}

function offlineLink(offline: Offline): HttpLink {
  return {
    async send({ method, url, target, headers, body }) {
      const pairs = headers.flatMap((name, index) =>
        index % 2 === 0 ? [[name.toLowerCase(), headers[index + 1] ?? ''] as const] : [],
      )
      const whole = body === null ? Buffer.alloc(0) : body instanceof Uint8Array ? body : await buffer(body)
      const answer = await offline.answer({
        method,
        url: target === undefined ? url : new URL(target, url),
        headers: Object.fromEntries(pairs),
        body: whole,
      })
      return {
        status: answer.status,
        headers: Object.entries(answer.headers ?? {}).flat(),
        body: Buffer.from(answer.body ?? ''),
      }
    },
    close: () => Promise.resolve(),
  }
}

/**
 * Looks once more at the address that a connection really has, before anything is sent over it. An address that
 * stands in the settings itself was chosen by whoever wrote them.
 */
function guarded(connect: buildConnector.connector, guard: AddressGuard): buildConnector.connector {
  return (options, done) => {
    connect(options, (...[error, socket]) => {
      if (error !== null) return done(error, null)
      const literal = isIP(options.hostname.replaceAll(/^\[|\]$/g, '')) !== 0
      if (literal || guard.allows(socket.remoteAddress ?? '')) return done(null, socket)
      socket.destroy()
      done(
        new SpanloomError('ADDRESS_REFUSED', `${options.hostname} leads to an address that is refused.`),
        null,
      )
    })
  }
}

function exchange(agent: Agent, request: LinkRequest, clock: Clock): Promise<LinkResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<LinkResponse>()
  const reader = new ResponseReader(request.maxBytes, resolve, reject)
  const timer = clock.schedule(request.timeoutMs, () =>
    reader.abort('timeout', new Error('There was no answer in time.')),
  )
  const onAbort = (): void => reader.abort('connection_error', request.signal.reason)
  if (request.signal.aborted) onAbort()
  request.signal.addEventListener('abort', onAbort, { once: true })
  try {
    agent.dispatch(
      {
        origin: request.url.origin,
        path: request.target ?? request.url.pathname + request.url.search,
        // Any token is a method; the library's type knows the registered ones only.
        method: request.method as Dispatcher.HttpMethod,
        headers: [...request.headers],
        body: request.body,
      },
      reader,
    )
  } catch (error) {
    reject(new LinkError('connection_error', error))
  }
  return promise.finally(() => {
    timer.cancel()
    request.signal.removeEventListener('abort', onAbort)
  })
}

class ResponseReader implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number
  readonly #resolve: (response: LinkResponse) => void
  readonly #reject: (error: LinkError) => void
  readonly #chunks: Buffer[] = []
  #length = 0
  #status = 0
  #headers: readonly string[] = []
  #controller: Dispatcher.DispatchController | undefined
  #aborted: Error | undefined

  constructor(
    maxBytes: number,
    resolve: (response: LinkResponse) => void,
    reject: (error: LinkError) => void,
  ) {
    this.#maxBytes = maxBytes
    this.#resolve = resolve
    this.#reject = reject
  }

  abort(failure: LinkFailure, cause: unknown): void {
    const error = new LinkError(failure, cause)
    this.#aborted = error
    this.#reject(error)
    this.#controller?.abort(error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#aborted) controller.abort(this.#aborted)
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return
    this.#status = status
    const { rawHeaders } = controller
    this.#headers = Array.isArray(rawHeaders)
      ? rawHeaders.map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
      : []
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#length += chunk.length
    if (this.#length > this.#maxBytes) this.abort('response_too_large', new Error('The answer is too large.'))
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#resolve({
      status: this.#status,
      headers: this.#headers,
      body: Buffer.concat(this.#chunks, this.#length),
    })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const refused = 'code' in error && error.code === 'ADDRESS_REFUSED'
    this.#reject(new LinkError(refused ? 'address_refused' : 'connection_error', error))
  }
}
