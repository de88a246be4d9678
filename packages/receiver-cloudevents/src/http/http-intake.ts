import {
  type BatchMember,
  type CloudEvent,
  CloudEventError,
  contentMode,
  decodeHttpBinary,
  decodeJson,
  decodeJsonBatch,
  parseTraceContext,
} from '@spanloom/cloudevents'
import {
  httpSource,
  type HttpSource,
  type ReceiverOptions,
  type SourceAnswer,
  type SourceRequest,
} from '@spanloom/core'

import type { Metrics } from '../metrics.ts'
import { forwardedHeaders } from '../relay/outgoing-message.ts'
import { relayAnswer } from '../relay/relay-answer.ts'
import { unixNano } from '../relay/relay.ts'
import type { RelayEvent } from '../relay/relaying.ts'
import type { CloudEventsConfig, HttpIntakeConfig } from '../settings.ts'
import { repetitionOf, sinkTraces } from '../sink.ts'
import type { Delivery, EventSpanMaker } from '../spans/event-spans.ts'
import { batchAnswer, type RejectedMember } from './batch-answer.ts'
import { checkToken } from './bearer.ts'
import { toHttpFault } from './faults.ts'
import { answerHandshake, checkOrigin } from './handshake.ts'
import { relayBatch } from './relay-batch.ts'

/** What the HTTP side of a receiver works with. */
export interface HttpIntakeOptions extends Pick<
  ReceiverOptions<CloudEventsConfig>,
  'id' | 'config' | 'next' | 'telemetry' | 'clock'
> {
  readonly http: HttpIntakeConfig
  readonly spans: EventSpanMaker
  readonly metrics: Metrics
  /** Forwards an event; absent in a sink. */
  readonly relay: RelayEvent | undefined
}

/** Takes events by POST and answers when the pipeline has their spans (`cloudevents.md` sections 6 and 9.1). */
export function httpIntake(options: HttpIntakeOptions): HttpSource {
  const { id, config, http, telemetry, clock } = options
  const limit = http.max_request_body_size
  const bounded = {
    ...http,
    max_request_body_size: limit > 0 ? Math.min(limit, http.max_body_size) : http.max_body_size,
  }
  const handle = async (request: SourceRequest): Promise<SourceAnswer> => {
    if (request.method === 'OPTIONS') return answerHandshake(request.headers, config.webhook)
    checkToken(request, config.auth)
    checkOrigin(request.headers, config.webhook)
    try {
      const answer = await take(request, options)
      return isQueryToken(request, config) ? withCacheControl(answer) : answer
    } catch (error) {
      if (!(error instanceof CloudEventError)) throw error
      options.metrics.rejected(error.reason)
      throw toHttpFault(error)
    }
  }
  const routes = [{ path: http.path, methods: ['POST', 'OPTIONS'], handle }]
  return httpSource({ id, config: bounded, telemetry, clock }, routes, {
    maxHeaderBytes: http.max_header_size,
  })
}

async function take(request: SourceRequest, options: HttpIntakeOptions): Promise<SourceAnswer> {
  const { config, http } = options
  const contentTypes = request.headersDistinct['content-type'] ?? []
  if (contentTypes.length > 1) {
    throw new CloudEventError('duplicate_attribute', 'the header "content-type" appears twice')
  }
  const { mode, isSupported } = contentMode(contentTypes[0])
  if (!isSupported)
    throw new CloudEventError('unsupported_format', 'of the event formats only JSON is supported')
  const decoding = { validation: config.validation }
  const delivery = deliveryOf(request, options)
  if (mode === 'batch') {
    const members = decodeJsonBatch(request.body, { ...decoding, maxEvents: http.max_batch_events })
    return takeBatch(members, delivery, request, options)
  }
  const event =
    mode === 'binary'
      ? decodeHttpBinary(request.headersDistinct, request.body, decoding)
      : decodeJson(request.body, decoding)
  if (options.relay === undefined) {
    await sink([event], delivery, request, options)
    return { status: 202, json: { status: 'accepted' } }
  }
  const headers = forwardedHeaders(request.headersDistinct, isAuthenticated(options))
  const message = { mode, headers, body: request.body }
  return relayAnswer(await options.relay(event, message, { ...delivery, repetition: 0 }, request.context))
}

async function takeBatch(
  members: readonly BatchMember[],
  delivery: Omit<Delivery, 'repetition'>,
  request: SourceRequest,
  options: HttpIntakeOptions,
): Promise<SourceAnswer> {
  const { config, metrics, telemetry, relay } = options
  const rejected = members.flatMap<RejectedMember>(({ error }, index) =>
    error === undefined ? [] : [{ index, reason: error.reason }],
  )
  const valid = members.flatMap(({ event }) => (event === undefined ? [] : [event]))
  const isRefused = rejected.length > 0 && (config.on_invalid === 'reject' || valid.length === 0)
  if (!isRefused && relay !== undefined) {
    const headers = forwardedHeaders(request.headersDistinct, isAuthenticated(options))
    rejected.push(...(await relayBatch(members, { relay, headers, delivery, context: request.context })))
  } else if (!isRefused) await sink(valid, delivery, request, options)
  for (const { reason } of rejected) {
    if (reason === 'refused_by_consumer') continue
    metrics.rejected(reason)
    if (!isRefused) telemetry.accounting.dropped(1, reason)
  }
  return batchAnswer(isRefused ? 0 : members.length - rejected.length, rejected)
}

async function sink(
  events: readonly CloudEvent[],
  delivery: Omit<Delivery, 'repetition'>,
  { context }: SourceRequest,
  { spans, metrics, clock, next }: HttpIntakeOptions,
): Promise<void> {
  const seen = new Map<string, number>()
  const arrivals = events.map((event) => ({
    event,
    delivery: { ...delivery, repetition: repetitionOf(event, seen) },
  }))
  const traces = sinkTraces(arrivals, { spans, metrics, endedAt: unixNano(clock) })
  if (traces.spanCount > 0) await next.consumeTraces(traces, context)
}

function deliveryOf(
  { headers }: SourceRequest,
  { clock, config }: HttpIntakeOptions,
): Omit<Delivery, 'repetition'> {
  return {
    ambient: parseTraceContext(headers['traceparent'], headers['tracestate']),
    receivedAt: unixNano(clock),
    system: 'cloudevents',
    destination: config.messaging_destination,
  }
}

/** Whether a token of the sender was meant for us. */
function isAuthenticated({ config, http }: HttpIntakeOptions): boolean {
  return config.auth !== undefined || http.auth !== undefined
}

function isQueryToken({ query }: SourceRequest, { auth }: CloudEventsConfig): boolean {
  return auth?.allow_query_token === true && query.has('access_token')
}

/** What was asked for with a token in its URL must not be kept by caches that others use. */
function withCacheControl(answer: SourceAnswer): SourceAnswer {
  return { ...answer, headers: { ...answer.headers, 'Cache-Control': 'private' } }
}
