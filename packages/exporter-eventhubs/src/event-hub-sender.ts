import {
  bodyFormat,
  type ExporterOptions,
  type ExporterSender,
  isPermanent,
  messageOf,
  PermanentError,
  retryAfterMs,
  type SendContext,
  Traces,
  UndeliveredError,
} from '@spanloom/core'
import type { HubProducer, OutgoingEvent } from '@spanloom/eventhubs'

import { createEventEncoder } from './event-encoder.ts'
import { fitEvents, type FittedEvents, overheadOf, tracesOfEvents } from './fitted-events.ts'
import { contentTypes, decodeFrames, encodeFrames, type FramedEvent, framesMediaType } from './frames.ts'
import { type AzureEventHubConfig, encoderSettings } from './settings.ts'

/** Makes a producer; tests hand in one that needs no hub. */
export type CreateProducer = (options: ExporterOptions<AzureEventHubConfig>) => HubProducer

/** Longest partition key, and what else stands around a body. */
const headroom = overheadOf({ form: 'otlp_proto', partitionKey: 'x'.repeat(128) }) + 512

/**
 * Sends batches as events of a hub. The body of a request is the list of its finished events, so that a retry sends
 * the same ones; only what turns out to be too large for the hub is cut again.
 */
export function createEventHubSender(
  options: ExporterOptions<AzureEventHubConfig>,
  createProducer: CreateProducer,
): ExporterSender {
  const { id, config, telemetry } = options
  const encode = createEventEncoder(encoderSettings(config))
  const producer = createProducer(options)
  const untold = telemetry.meter.createCounter('otelcol_exporter_azure_event_hub_untold_spans', {
    description: 'Spans that the Invictus encoding did not tell: not selected, or without any event.',
    unit: '{span}',
  })
  if (config.encoding === 'invictus') untold.add(0, { exporter: id })
  let known = Infinity

  return {
    format: bodyFormat({ mediaType: framesMediaType }),
    async start(host) {
      await producer.open(host)
    },
    async shutdown(signal) {
      await producer.close(signal)
    },
    encode(traces) {
      const limit = config.max_message_size > 0 ? config.max_message_size : Infinity
      const target = Math.min(config.batch_size, limit, known) - headroom
      const encoded = encode(traces, Math.max(1, target))
      if (encoded.untold > 0) untold.add(encoded.untold, { exporter: id })
      return encodeFrames(encoded.events)
    },
    async send(body, context) {
      const framed = decodeFrames(body)
      if (framed.length === 0) return
      known = await producer.maxEventSize()
      const fitted = fitEvents(framed, known)
      await sendInTurns(producer, fitted, config.batch_size * config.max_in_flight, context)
      rejectTooLarge(fitted, known)
    },
  }
}

/** Sends a few batches at a time: when one fails, only what was not stored yet is sent again. */
async function sendInTurns(
  producer: HubProducer,
  { events, tooLarge }: FittedEvents,
  turnBytes: number,
  context: SendContext,
): Promise<void> {
  for (let start = 0; start < events.length;) {
    const end = endOfTurn(events, start, turnBytes)
    try {
      await producer.send(events.slice(start, end).map(outgoing), { signal: context.signal })
    } catch (error) {
      const rest = events.slice(start)
      if (start === 0 || isPermanent(error) || rest.some(({ form }) => form === 'invictus')) throw error
      throw undelivered(tracesOfEvents(rest), tooLarge, error)
    }
    start = end
  }
}

function endOfTurn(events: readonly FramedEvent[], start: number, turnBytes: number): number {
  let bytes = 0
  let end = start
  for (let event = events[end]; event !== undefined && (end === start || bytes < turnBytes); end++) {
    bytes += event.body.length
    event = events[end + 1]
  }
  return end
}

function outgoing(event: FramedEvent): OutgoingEvent {
  const { body, form, partitionKey, compression } = event
  return {
    body,
    contentType: contentTypes[form],
    ...(partitionKey === undefined ? {} : { partitionKey }),
    ...(compression === undefined ? {} : { properties: { 'content-encoding': compression } }),
  }
}

/** What is too large goes on alone, so that only it becomes a dead letter. */
function rejectTooLarge(fitted: FittedEvents, maxEventSize: number): void {
  const { events, tooLarge, largest, flowEventsTooLarge } = fitted
  if (flowEventsTooLarge > 0) {
    throw new PermanentError(
      'EVENT_TOO_LARGE',
      `${flowEventsTooLarge} of the flow-trace events ${flowEventsTooLarge === 1 ? 'is' : 'are'} larger than the ${maxEventSize} bytes that the hub takes, even shortened.`,
    )
  }
  if (tooLarge.spanCount === 0) return
  const message = `A span takes ${largest} bytes as an event, and the hub takes ${maxEventSize} at most.`
  const hint = 'Remove large attributes, or use a tier or setting that allows larger events.'
  if (events.length === 0) throw new PermanentError('EVENT_TOO_LARGE', message, { hint, grpcStatus: 3 })
  throw new UndeliveredError(tooLarge, 'EVENT_TOO_LARGE', message, { hint })
}

function undelivered(rest: Traces, tooLarge: Traces, cause: unknown): UndeliveredError {
  const afterMs = retryAfterMs(cause)
  const remaining = tooLarge.spanCount === 0 ? rest : Traces.concat([rest, tooLarge])
  return new UndeliveredError(remaining, 'HUB_SEND_FAILED', messageOf(cause), {
    cause,
    ...(afterMs === undefined ? {} : { retryAfterMs: afterMs }),
  })
}
