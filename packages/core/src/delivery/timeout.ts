import type { Context } from '@opentelemetry/api'

import type { Clock } from '../clock/clock.ts'
import { RetryableError, ShutdownError } from '../errors/errors.ts'
import type { ExporterSender, Metadata, SendOutcome } from './sender.ts'
import type { StopSwitch } from './stop-switch.ts'

/** A request whose body is made. */
export interface EncodedRequest {
  readonly body: Uint8Array
  readonly spanCount: number
  readonly metadata: Metadata | undefined
  readonly signal: AbortSignal | undefined
  readonly format?: string | undefined
  readonly trace?: Context | undefined
}

/** Makes one attempt; `attempt` is 1 for the first. */
export type Attempt = (request: EncodedRequest, attempt: number) => Promise<SendOutcome>

/** gRPC status codes that this room gives to its own errors. */
const cancelled = 1
const deadlineExceeded = 4

export interface TimeoutOptions {
  /** Per attempt; 0 means none. */
  readonly timeoutMs: number
  readonly clock: Clock
  /** Ends every attempt: the collector waits no longer. */
  readonly over: StopSwitch
}

/**
 * Bounds every attempt of `send` by the timeout, the end of shutdown and the caller's patience. The
 * attempt ends then even if the sender does not heed its signal.
 */
export function withTimeout(
  send: ExporterSender['send'],
  { timeoutMs, clock, over }: TimeoutOptions,
): Attempt {
  return ({ body, spanCount, metadata, signal, format, trace }, attempt) => {
    if (over.stopped) return Promise.reject(new ShutdownError())
    if (signal?.aborted) return Promise.reject(callerGaveUp(signal))
    const abort = new AbortController()
    const { promise, resolve, reject } = Promise.withResolvers<SendOutcome>()
    const giveUp = (reason: Error): void => {
      reject(reason)
      abort.abort(reason)
    }
    const timer = timeoutMs > 0 ? clock.schedule(timeoutMs, () => giveUp(timedOut(timeoutMs))) : undefined
    const forget = over.onStop(() => giveUp(new ShutdownError()))
    const onCallerAbort = signal && (() => giveUp(callerGaveUp(signal)))
    if (onCallerAbort) signal.addEventListener('abort', onCallerAbort, { once: true })

    const context = {
      signal: abort.signal,
      spanCount,
      attempt,
      timeoutMs,
      ...(metadata ? { metadata } : {}),
      ...(format === undefined ? {} : { format }),
      ...(trace ? { trace } : {}),
    }
    begin(send, body, context).then((outcome) => resolve(outcome ?? {}), reject)
    const release = (): void => {
      timer?.cancel()
      forget()
      if (onCallerAbort) signal.removeEventListener('abort', onCallerAbort)
    }
    promise.then(release, release)
    return promise
  }
}

async function begin(
  send: ExporterSender['send'],
  ...[body, context]: Parameters<ExporterSender['send']>
): Promise<SendOutcome | void> {
  return send(body, context)
}

const timedOut = (timeoutMs: number): RetryableError =>
  new RetryableError('TIMEOUT', `The request timed out after ${timeoutMs} ms.`, {
    grpcStatus: deadlineExceeded,
  })

const callerGaveUp = (signal: AbortSignal): RetryableError =>
  new RetryableError('CANCELLED', 'The caller no longer waits for the result.', {
    grpcStatus: cancelled,
    cause: signal.reason,
  })
