import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

import type { AuthData } from '../component/extension.ts'
import { readBody } from './body.ts'
import { type ContentEncoding, decompress } from './decompress.ts'

/** A request as an {@link HttpHandler} sees it: checked so far, its body unread. */
export class HttpRequest {
  /** Aborts when the sender went away before it was answered, and when a shutdown runs out of time. */
  readonly signal: AbortSignal
  readonly method: string
  /** Path without the query, not decoded. */
  readonly path: string
  /** What the authenticator found out, where there is one. */
  readonly auth: AuthData | undefined
  /** Lower-cased headers, only with `include_metadata: true` (CMP-11). */
  readonly metadata: ReadonlyMap<string, readonly string[]> | undefined
  readonly #raw: IncomingMessage
  readonly #response: ServerResponse
  readonly #encoding: ContentEncoding
  readonly #limitBytes: number

  constructor(
    exchange: {
      readonly raw: IncomingMessage
      readonly response: ServerResponse
      readonly signal: AbortSignal
    },
    facts: {
      readonly auth: AuthData | undefined
      readonly encoding: ContentEncoding
      readonly limitBytes: number
      readonly includeMetadata: boolean
    },
  ) {
    this.#raw = exchange.raw
    this.#response = exchange.response
    this.signal = exchange.signal
    this.#encoding = facts.encoding
    this.#limitBytes = facts.limitBytes
    this.auth = facts.auth
    this.method = exchange.raw.method ?? 'GET'
    this.path = pathOf(exchange.raw.url ?? '/')
    this.metadata = facts.includeMetadata ? metadataOf(exchange.raw) : undefined
  }

  /** Lower-cased headers; repeated ones joined as Node does it. */
  get headers(): IncomingHttpHeaders {
    return this.#raw.headers
  }

  /** All values of each header apart, for protocols in which a header must not be repeated. */
  get headersDistinct(): NodeJS.Dict<string[]> {
    return this.#raw.headersDistinct
  }

  get query(): URLSearchParams {
    return queryOf(this.#raw.url ?? '/')
  }

  /** Address of the sender, without its port. */
  get clientAddress(): string | undefined {
    return this.#raw.socket.remoteAddress
  }

  /** Media type in lower case without parameters; empty when the sender named none. */
  get mediaType(): string {
    return (this.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  }

  /**
   * Reads and decompresses the body; call it once.
   *
   * @throws HttpFault 413 when it is too large before or after decompression, 400 when it is broken.
   */
  async body(): Promise<Buffer> {
    if (this.#raw.headers.expect?.toLowerCase() === '100-continue') this.#response.writeContinue()
    const bytes = await readBody(this.#raw, this.#limitBytes)
    return this.#encoding === '' ? bytes : decompress(bytes, this.#encoding, this.#limitBytes)
  }
}

/** `Content-Length`, or 0 where the sender sends in chunks. */
export function declaredLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0)
}

/** Query parameters of a request target. */
export function queryOf(target: string): URLSearchParams {
  const mark = target.indexOf('?')
  return new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1))
}

/** A target is a path, or a whole URL when it was meant for a proxy. */
function pathOf(target: string): string {
  const path = target.startsWith('/') ? target : (URL.parse(target)?.pathname ?? target)
  const mark = path.indexOf('?')
  return mark === -1 ? path : path.slice(0, mark)
}

function metadataOf(request: IncomingMessage): ReadonlyMap<string, readonly string[]> {
  const metadata = new Map<string, readonly string[]>()
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values !== undefined) metadata.set(name, values)
  }
  return metadata
}
