import {
  type BuildInfo,
  type Clock,
  type ComponentTelemetry,
  createHttpClient,
  type Host,
  type HttpClient,
  type HttpResponse,
  ShutdownError,
} from '@spanloom/core'

import type { RelayConfig } from '../settings.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import { hopHeaders, type Hop, type HopOutcome } from './send-span.ts'

/** What a relay needs. */
export interface RelayOptions {
  readonly config: RelayConfig
  readonly clock: Clock
  readonly telemetry: Pick<ComponentTelemetry, 'logger'>
  readonly build: BuildInfo
}

/** What became of a forwarded event. */
export interface Forwarded {
  readonly outcome: HopOutcome
  /** Absent when the consumer did not answer. */
  readonly response: HttpResponse | undefined
}

/** Bytes of an answer that are passed back. */
const maxAnswerBytes = 64 * 1024

/** Forwards events to one consumer. */
export class Relay {
  readonly url: URL
  readonly #options: RelayOptions
  #client: HttpClient | undefined

  constructor(options: RelayOptions) {
    this.#options = options
    this.url = new URL(options.config.url)
  }

  /** @throws StartError when a file, header or authenticator of the settings cannot be used */
  async start(host: Host): Promise<void> {
    const { config, clock, telemetry, build } = this.#options
    this.#client = await createHttpClient(config, { host, clock, logger: telemetry.logger, build })
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    await this.#client?.close(signal)
    this.#client = undefined
  }

  /** Rejects only when `signal` aborts; what the network says is in the outcome. */
  async forward({ headers, body }: OutgoingMessage, hop: Hop, signal: AbortSignal): Promise<Forwarded> {
    const { clock, config } = this.#options
    if (this.#client === undefined) throw new ShutdownError()
    const limit = new AbortController()
    const timer = clock.schedule(config.timeout, () =>
      limit.abort(new Error('The consumer did not answer in time.')),
    )
    const startedAt = unixNano(clock)
    const outcome = (status: number | undefined, error: string | undefined): HopOutcome => ({
      startedAt,
      endedAt: unixNano(clock),
      status,
      error,
    })
    try {
      const response = await this.#client.request({
        method: 'POST',
        url: this.url,
        headers: { ...headers, ...hopHeaders(hop) },
        body,
        signal: AbortSignal.any([signal, limit.signal]),
        maxResponseBytes: maxAnswerBytes,
      })
      return { outcome: outcome(response.status, undefined), response }
    } catch (error) {
      if (signal.aborted) throw error
      return {
        outcome: outcome(undefined, limit.signal.aborted ? 'timeout' : 'network_error'),
        response: undefined,
      }
    } finally {
      timer.cancel()
    }
  }
}

/** Wall time in unix nanoseconds. */
export function unixNano({ now }: Pick<Clock, 'now'>): bigint {
  return BigInt(Math.round(now())) * 1_000_000n
}
