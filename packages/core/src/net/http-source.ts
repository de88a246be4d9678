import type { IncomingHttpHeaders } from 'node:http'

import type { Component } from '../component/component.ts'
import type { ConsumeContext } from '../component/consumer.ts'
import type { AuthData } from '../component/extension.ts'
import type { ReceiverOptions } from '../component/options.ts'
import { LogThrottle } from '../delivery/log-throttle.ts'
import { equalInConstantTime } from './constant-time.ts'
import type { HttpAnswer } from './http-answer.ts'
import { HttpFault } from './http-fault.ts'
import type { HttpRequest } from './http-request.ts'
import { createHttpServer } from './http-server.ts'
import type { HttpSourceConfig } from './http-source-settings.ts'
import { type JsonLimits, parseJson } from './json.ts'
import { isExpected, retryAfterSeconds, webhookAnswer } from './outcome-tables.ts'

/** One request of a source, its body read and decompressed. */
export interface SourceRequest {
  readonly method: string
  readonly path: string
  /** What stands in place of the `*` at the end of a route's path, not decoded; else empty. */
  readonly rest: string
  readonly query: URLSearchParams
  /** Lower-cased headers. */
  readonly headers: IncomingHttpHeaders
  /** All values of each header apart. */
  readonly headersDistinct: NodeJS.Dict<string[]>
  /** In lower case, without parameters; empty when the sender named none. */
  readonly mediaType: string
  readonly auth: AuthData | undefined
  readonly body: Buffer
  /**
   * The body as JSON, within limits of depth.
   *
   * @throws PermanentError `INVALID_JSON`, which is answered with 400.
   */
  json(limits?: JsonLimits): unknown
  /** What to hand on with the data: `next.consumeTraces(traces, request.context)`. */
  readonly context: ConsumeContext
}

/** The answer to a request that was dealt with; `json` is sent as such, `body` as it is. */
export interface SourceAnswer {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly body?: string | Uint8Array
}

/**
 * Deals with one request. No result is 200 `{"status":"accepted"}`; {@link nothing} is 202. A rejection is
 * answered by the table of section 13: `HttpFault` with its own status, an undecodable body (a permanent
 * error with grpcStatus 3) with 400, a permanent refusal with 500, a retryable one with 503 and `Retry-After`.
 */
export type SourceHandler = (request: SourceRequest) => Promise<SourceAnswer | void> | SourceAnswer | void

/** What one path of a source takes. */
export interface SourceRoute {
  /** Exact path, or a prefix that ends with `/*`. */
  readonly path: string
  /** Default `POST` only. Others are answered with 405 and `Allow`. */
  readonly methods?: readonly string[]
  /** Accepted media types, without parameters; others are answered with 415. Default: any. */
  readonly mediaTypes?: readonly string[]
  readonly handle: SourceHandler
}

/** What a source may choose beside its routes. */
export interface HttpSourceChoices {
  /** Body of the health answer; default `{"text":"<type> receiver is healthy"}`. */
  readonly health?: unknown
  /** Bytes of the request line and the headers at most, for protocols that put data there. Default 16 KiB. */
  readonly maxHeaderBytes?: number
}

/** A receiver's HTTP side: listens between `start` and `shutdown`. */
export interface HttpSource extends Component {
  /** Where it listens; `undefined` before the start and for a unix socket. */
  readonly url: URL | undefined
  /** Bound `host:port` or socket path; `undefined` before the start. */
  readonly address: string | undefined
}

/**
 * The transport that webhook-style receivers share (section 13, `design.md` decision 14). `routes` may be
 * one handler, which then takes POST on the configured `path`.
 *
 * @example
 * create: (options) =>
 *   httpSource(options, (request) => options.next.consumeTraces(toTraces(request.json()), request.context))
 */
export function httpSource(
  options: Pick<ReceiverOptions<HttpSourceConfig>, 'id' | 'config' | 'telemetry' | 'clock'>,
  routes: SourceHandler | readonly SourceRoute[],
  choices: HttpSourceChoices = {},
): HttpSource {
  const { id, config, telemetry, clock } = options
  const table = typeof routes === 'function' ? [{ path: config.path, handle: routes }] : routes
  const required = Object.entries(config.required_headers ?? {})
  const health = choices.health ?? { text: `${id.split('/', 1)[0]} receiver is healthy` }
  const complaints = new LogThrottle(clock)

  const handle = async (request: HttpRequest): Promise<HttpAnswer> => {
    if (request.path === config.health_path) return healthAnswer(request, health)
    const route = table.find(({ path }) => matches(path, request.path))
    if (route === undefined) throw new HttpFault(404, 'NOT_FOUND', 'There is nothing at this path.')
    checkMethod(request.method, route.methods ?? ['POST'])
    checkRequiredHeaders(request.headers, required)
    const { mediaType } = request
    checkMediaType(mediaType, route.mediaTypes)
    try {
      const body = await request.body()
      return toHttpAnswer(
        (await route.handle(new RoutedRequest(request, route, mediaType, body))) ?? accepted(),
      )
    } catch (error) {
      if (isReceiverFault(error)) telemetry.accounting.failed?.(0, 'http')
      throw error
    }
  }

  const fault = (error: unknown): HttpAnswer => {
    const { httpStatus, message, retryAfterMs } = webhookAnswer(error)
    if (isExpected(error)) telemetry.logger.debug('Request refused.', { error, status: httpStatus })
    else {
      complaints.run(1, (suppressed) =>
        telemetry.logger.error('A request could not be handled.', { error, ...suppressed }),
      )
    }
    return toHttpAnswer({
      status: httpStatus,
      headers: {
        ...(error instanceof HttpFault ? error.headers : {}),
        ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(retryAfterSeconds(retryAfterMs)) }),
      },
      json: { error: message, code: codeOf(error) },
    })
  }

  const { maxHeaderBytes } = choices
  return createHttpServer({
    id,
    config,
    telemetry,
    clock,
    handle,
    fault,
    ...(maxHeaderBytes === undefined ? {} : { maxHeaderBytes }),
  })
}

/** 200: the event was handed to the pipeline. */
export function accepted(): SourceAnswer {
  return { status: 200, json: { status: 'accepted' } }
}

/** 202: a well-formed delivery that yields nothing; `reason` is a short snake_case word such as `ping`. */
export function nothing(reason: string): SourceAnswer {
  return { status: 202, json: { status: 'ignored', reason } }
}

/** Faults that come before the pipeline; what it refuses is counted at its edge. */
const isReceiverFault = (error: unknown): boolean =>
  error instanceof HttpFault || !isExpected(error) || ('grpcStatus' in error && error.grpcStatus === 3)

const codeOf = (error: unknown): unknown =>
  isExpected(error) && 'code' in error ? error.code : 'INTERNAL_ERROR'

function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}

function healthAnswer(request: HttpRequest, health: unknown): HttpAnswer {
  checkMethod(request.method, ['GET', 'HEAD'])
  return toHttpAnswer({ json: health })
}

function checkMethod(method: string, allowed: readonly string[]): void {
  if (allowed.includes(method)) return
  const headers = { Allow: allowed.join(', ') }
  throw new HttpFault(405, 'METHOD_NOT_ALLOWED', `This path takes ${allowed.join(', ')} only.`, { headers })
}

function checkRequiredHeaders(
  headers: IncomingHttpHeaders,
  required: readonly (readonly [string, string])[],
): void {
  for (const [name, expected] of required) {
    const value = headers[name.toLowerCase()]
    if (typeof value !== 'string' || !equalInConstantTime(value, expected)) {
      throw new HttpFault(401, 'HEADER_MISSING', `The header ${name} is missing or wrong.`)
    }
  }
}

function checkMediaType(mediaType: string, allowed: readonly string[] | undefined): void {
  if (allowed === undefined || allowed.includes(mediaType)) return
  throw new HttpFault(415, 'MEDIA_TYPE_UNSUPPORTED', `This path takes ${allowed.join(', ')} only.`)
}

/** Works out what few handlers ask for only when they do. */
class RoutedRequest implements SourceRequest {
  readonly method: string
  readonly path: string
  readonly rest: string
  readonly headers: IncomingHttpHeaders
  readonly mediaType: string
  readonly auth: AuthData | undefined
  readonly body: Buffer
  readonly context: ConsumeContext
  readonly #request: HttpRequest

  constructor(request: HttpRequest, route: SourceRoute, mediaType: string, body: Buffer) {
    const { path, signal, metadata, clientAddress } = request
    this.method = request.method
    this.path = path
    this.rest = route.path.endsWith('/*') ? path.slice(route.path.length - 1) : ''
    this.headers = request.headers
    this.mediaType = mediaType
    this.auth = request.auth
    this.body = body
    this.context = {
      signal,
      transport: 'http',
      ...(metadata === undefined ? {} : { metadata }),
      ...(clientAddress === undefined ? {} : { clientAddress }),
    }
    this.#request = request
  }

  get query(): URLSearchParams {
    return this.#request.query
  }

  get headersDistinct(): NodeJS.Dict<string[]> {
    return this.#request.headersDistinct
  }

  json(limits?: JsonLimits): unknown {
    return parseJson(this.body, limits)
  }
}

function toHttpAnswer({ status = 200, headers, json, body }: SourceAnswer): HttpAnswer {
  if (json === undefined) return { status, headers: headers ?? {}, body: body ?? '' }
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(json),
  }
}
