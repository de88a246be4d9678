import { CloudEventError, decodeMessage, parseTraceContext, type TraceContext } from '@spanloom/cloudevents'
import {
  type Component,
  isPermanent,
  LogThrottle,
  type ReceiverOptions,
  RetryableError,
} from '@spanloom/core'
import {
  createHubConsumer,
  type EventBatch,
  type HubConsumerConfig,
  type ReceivedEvent,
} from '@spanloom/eventhubs'

import type { Metrics } from '../metrics.ts'
import { messageOf } from '../relay/outgoing-message.ts'
import { unixNano } from '../relay/relay.ts'
import type { RelayEvent } from '../relay/relaying.ts'
import type { CloudEventsConfig } from '../settings.ts'
import { type Arrival, repetitionOf, sinkTraces } from '../sink.ts'
import type { EventSpanMaker } from '../spans/event-spans.ts'

/** What reading from a hub works with. */
export interface HubIntakeOptions extends Pick<
  ReceiverOptions<CloudEventsConfig>,
  'id' | 'config' | 'next' | 'telemetry' | 'clock'
> {
  readonly hub: HubConsumerConfig
  readonly spans: EventSpanMaker
  readonly metrics: Metrics
  readonly relay: RelayEvent | undefined
}

/** The same with what a running receiver remembers. */
type Running = HubIntakeOptions & { readonly complaints: LogThrottle }

/** Reads events from an event hub; the checkpoint moves when the pipeline has their spans. */
export function hubIntake(options: HubIntakeOptions): Component {
  const { id, hub, telemetry, clock } = options
  const complaints = new LogThrottle(clock)
  return createHubConsumer({
    id,
    config: hub,
    telemetry,
    clock,
    onEvents: (batch) => takeEvents(batch, { ...options, complaints }),
  })
}

/** Deals with a batch. A rejection means that the same batch is to come again. */
async function takeEvents({ events, signal, partitionId }: EventBatch, options: Running): Promise<void> {
  const { spans, metrics, clock, next, telemetry, relay, complaints } = options
  const arrivals: Arrival[] = []
  for (const received of events) {
    const arrival = arrivalOf(received, options)
    if (!(arrival instanceof CloudEventError)) {
      arrivals.push(arrival)
      continue
    }
    metrics.rejected(arrival.reason)
    telemetry.accounting.dropped(1, arrival.reason)
    complaints.run(1, (suppressed) =>
      telemetry.logger.warn('A message of the hub is no event and was left out.', {
        reason: arrival.reason,
        error: arrival.message,
        partition: partitionId,
        sequence_number: received.sequenceNumber,
        ...suppressed,
      }),
    )
  }
  const context = { signal, transport: 'event_hub' }
  if (relay !== undefined) {
    await relayEvents(arrivals, relay, { context, options })
    return
  }
  const traces = sinkTraces(arrivals, { spans, metrics, endedAt: unixNano(clock) })
  try {
    if (traces.spanCount > 0) await next.consumeTraces(traces, context)
  } catch (error) {
    if (!isPermanent(error)) throw error
    telemetry.accounting.dropped(traces.spanCount, 'refused')
    telemetry.logger.error('Spans were refused for good.', { error, spans: traces.spanCount })
  }
}

async function relayEvents(
  arrivals: readonly Arrival[],
  relay: RelayEvent,
  { context, options }: { readonly context: { readonly signal: AbortSignal }; readonly options: Running },
): Promise<void> {
  const seen = new Map<string, number>()
  for (const { event, delivery } of arrivals) {
    const repetition = repetitionOf(event, seen)
    const { response } = await relay(event, messageOf(event), { ...delivery, repetition }, context)
    const status = response?.status ?? 503
    if (status < 300) continue
    if (status >= 500 || status === 408 || status === 429) {
      throw new RetryableError('CONSUMER_BUSY', `The consumer of the events answered with ${status}.`)
    }
    options.complaints.run(1, (suppressed) =>
      options.telemetry.logger.error('The consumer refused an event for good.', { status, ...suppressed }),
    )
  }
}

function arrivalOf(received: ReceivedEvent, options: HubIntakeOptions): Arrival | CloudEventError {
  const { config, hub, clock } = options
  const { body, contentType, properties } = received
  try {
    return {
      event: decodeMessage(
        { contentType: contentType ?? textOf(properties['content-type']), properties, body },
        { validation: config.validation },
      ),
      delivery: {
        ambient: ambientOf(properties),
        receivedAt: unixNano(clock),
        system: 'eventhubs',
        destination: config.messaging_destination ?? hub.event_hub.name,
      },
    }
  } catch (error) {
    if (error instanceof CloudEventError) return error
    throw error
  }
}

/** The context that the transport brought: plain headers, or that of the SDKs of Azure. */
function ambientOf(properties: ReceivedEvent['properties']): TraceContext | undefined {
  return (
    parseTraceContext(textOf(properties['traceparent']), textOf(properties['tracestate'])) ??
    parseTraceContext(textOf(properties['Diagnostic-Id']), undefined)
  )
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined
}
