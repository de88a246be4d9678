import {
  type Clock,
  HttpFault,
  httpSource,
  type HttpSource,
  type HttpSourceConfig,
  type ReceiverOptions,
  type SourceAnswer,
  type TracesConsumer,
} from '@spanloom/core'

import type { Intake } from './intake.ts'
import { messageLink } from './message-context.ts'
import { MessageError, type Translation } from './translate.ts'

/** What the HTTP intake needs. */
export interface HttpIntakeOptions extends Pick<
  ReceiverOptions<HttpSourceConfig>,
  'id' | 'telemetry' | 'clock'
> {
  readonly config: HttpSourceConfig
  readonly intake: Intake
  readonly next: TracesConsumer
  /** Whether a `traceparent` header becomes a link. */
  readonly linkMessageContext: boolean
  readonly maxBodySize: number
}

/** Takes events by POST and answers when the pipeline has them (`invictus.md` section 8.3). */
export function httpIntake(options: HttpIntakeOptions): HttpSource {
  const { id, telemetry, clock, intake, next, linkMessageContext, maxBodySize } = options
  const limit = options.config.max_request_body_size
  const config = {
    ...options.config,
    max_request_body_size: limit > 0 ? Math.min(limit, maxBodySize) : maxBodySize,
  }

  return httpSource({ id, config, telemetry, clock }, async (request) => {
    const message = {
      body: request.body,
      enqueuedTime: arrival(clock),
      link: linkMessageContext ? messageLink((name) => request.headers[name.toLowerCase()]) : undefined,
      origin: { transport: 'http' },
    }
    try {
      return answer(await intake.take(message, (traces) => next.consumeTraces(traces, request.context)))
    } catch (error) {
      if (error instanceof MessageError) return rejection(error)
      throw error
    }
  })
}

function arrival(clock: Clock): bigint {
  return BigInt(Math.round(clock.now())) * 1_000_000n
}

function answer({ accepted, rejectedCount }: Translation): SourceAnswer {
  const status = accepted > 0 ? 200 : rejectedCount > 0 ? 400 : 202
  return { status, json: { accepted, rejected: rejectedCount } }
}

function rejection(error: MessageError): SourceAnswer {
  if (error.reason === 'not_json') return { status: 400, json: { accepted: 0, rejected: 0 } }
  throw new HttpFault(413, error.code, error.message)
}
