import type { IncomingHttpHeaders } from 'node:http'

import type { Dispatcher } from 'undici'

/** One request of an HTTP client. */
export interface HttpExchange {
  readonly method: 'POST' | 'PUT' | 'GET'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
  readonly signal: AbortSignal
  /** Bytes of the answer's body that are read at most; the rest is left and the connection closed. */
  readonly maxResponseBytes: number
}

/** The answer of a server. */
export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Whether the body was longer than what was read. */
  readonly truncated: boolean
}

/** Sends one request and reads the answer; rejects with what the network or the signal said. */
export function exchange(dispatcher: Dispatcher, request: HttpExchange): Promise<HttpResponse> {
  const { url, method, headers, body, signal } = request
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>()
  const handler = new AnswerReader(request.maxResponseBytes, resolve, reject)
  const abort = (): void => handler.abort(reasonOf(signal))
  if (signal.aborted) return Promise.reject(reasonOf(signal))
  signal.addEventListener('abort', abort, { once: true })
  try {
    dispatcher.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method, headers, body },
      handler,
    )
  } catch (error) {
    reject(error)
  }
  return promise.finally(() => signal.removeEventListener('abort', abort))
}

class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #limit: number
  readonly #resolve: (response: HttpResponse) => void
  readonly #reject: (error: unknown) => void
  readonly #chunks: Buffer[] = []
  #length = 0
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #controller: Dispatcher.DispatchController | undefined
  #abortReason: Error | undefined

  constructor(limit: number, resolve: (response: HttpResponse) => void, reject: (error: unknown) => void) {
    this.#limit = limit
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Ends the request, also one that still waits for a connection. */
  abort(reason: Error): void {
    this.#abortReason = reason
    this.#reject(reason)
    this.#controller?.abort(reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#abortReason) controller.abort(this.#abortReason)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = this.#limit - this.#length
    this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
    this.#length += chunk.length
    if (this.#length <= this.#limit) return
    this.#finish(true)
    controller.abort(new Error('The answer is longer than what is read of it.'))
  }

  onResponseEnd(): void {
    this.#finish(false)
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error)
  }

  #finish(truncated: boolean): void {
    this.#resolve({
      status: this.#status,
      headers: this.#headers,
      body: Buffer.concat(this.#chunks),
      truncated,
    })
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('The request was aborted.')
}
