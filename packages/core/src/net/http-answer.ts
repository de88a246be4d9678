import type { IncomingMessage, ServerResponse } from 'node:http'

import { sendStream, type StreamOptions } from './http-stream.ts'

/** What a request is answered with. */
export interface HttpAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /**
   * Instead of `body`: pieces that are sent as they come, however long that takes. Ends by itself when
   * `HttpRequest.signal` aborts.
   */
  readonly stream?: AsyncIterable<string | Uint8Array>
}

/** Sends the answer of one exchange. */
export interface HttpReply {
  send(answer: HttpAnswer): void
}

/** An unread rest of this size is skipped by the runtime, and the connection lives on. */
const cheapBytes = 256 * 1024

/** How much of a larger one is read and thrown away, and for how long. */
const lingerBytes = 4 * 1024 * 1024
const lingerMs = 2000

/**
 * The way to answer `request`.
 *
 * A sender that is still busy sending its body would see a reset connection instead of the answer if the
 * connection closed at once, so the rest of the body is read for a while and thrown away.
 */
export function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  options: StreamOptions,
): HttpReply {
  return {
    send({ status, headers, body = '', stream }) {
      if (response.headersSent || response.destroyed) return
      const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
      const bodiless = status === 204 || status === 304
      response.statusCode = status
      for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value)
      if (stream !== undefined && request.method !== 'HEAD') {
        void sendStream(response, stream, options)
        return
      }
      if (!bodiless) response.setHeader('Content-Length', bytes)
      if (request.destroyed || unreadBytes(request) <= cheapBytes) {
        response.end(bodiless ? undefined : body)
        return
      }
      response.shouldKeepAlive = false
      if (bodiless || request.method === 'HEAD') response.flushHeaders()
      else response.write(body)
      discard(request, options.clock, () => response.end())
    },
  }
}

/** At most how many bytes of the body are still to come. */
function unreadBytes(request: IncomingMessage): number {
  if (request.complete) return 0
  const { 'content-length': declared, 'transfer-encoding': chunked } = request.headers
  return chunked === undefined ? Number(declared ?? 0) : Infinity
}

/** Reads what is left of a request until its end or a limit, and calls `done`. */
function discard(request: IncomingMessage, clock: StreamOptions['clock'], done: () => void): void {
  let left = lingerBytes
  const finish = (): void => {
    timer.cancel()
    request.off('data', onData).off('end', finish).off('close', finish).off('error', finish)
    request.pause()
    done()
  }
  const onData = (chunk: Buffer): void => {
    left -= chunk.length
    if (left < 0) finish()
  }
  const timer = clock.schedule(lingerMs, finish)
  request.on('data', onData).on('end', finish).on('close', finish).on('error', finish)
  request.resume()
}
