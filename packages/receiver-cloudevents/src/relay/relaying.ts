import { type CloudEvent } from '@spanloom/cloudevents'
import {
  isPermanent,
  type ComponentTelemetry,
  type ConsumeContext,
  type TracesConsumer,
} from '@spanloom/core'
import { type SpanInit, TracesBuilder } from '@spanloom/core/traces'

import type { Metrics } from '../metrics.ts'
import type { CloudEventsConfig } from '../settings.ts'
import type { Delivery, EventSpanMaker } from '../spans/event-spans.ts'
import { type OutgoingMessage, withExtension } from './outgoing-message.ts'
import { isTaken } from './relay-answer.ts'
import { type Forwarded, type Relay, unixNano } from './relay.ts'
import { newHop, sendSpan } from './send-span.ts'

/** What relaying works with. */
export interface RelayingOptions {
  readonly config: CloudEventsConfig
  readonly relay: Relay
  readonly spans: EventSpanMaker
  readonly metrics: Metrics
  readonly next: TracesConsumer
  readonly telemetry: ComponentTelemetry
  readonly now: () => number
}

/** Forwards one event and tells of it. */
export type RelayEvent = (
  event: CloudEvent,
  message: OutgoingMessage,
  delivery: Delivery,
  context: ConsumeContext,
) => Promise<Forwarded>

/**
 * Makes the one who forwards events: populates the extension only where it is absent, makes a Create span then, and
 * a span for the hop.
 *
 * The spans are handed on before the sender hears anything. If the pipeline refuses them for now the sender has to
 * send the event again: the consumer sees it twice with the same id and the same extension.
 */
export function createRelaying(options: RelayingOptions): RelayEvent {
  const { config, relay, spans, metrics, next, telemetry, now } = options
  return async (event, message, delivery, context) => {
    const made = spans.make(event, delivery, unixNano({ now }))
    metrics.taken(event, made.isInvalid)
    const { ambient } = delivery
    const hop = newHop(ambient ?? (made.extension === undefined ? undefined : made.context))
    const outgoing = made.extension === undefined ? message : withExtension(message, made.extension)
    const forwarded = await relay.forward(outgoing, hop, context.signal)
    const send = sendSpan(hop, forwarded.outcome, {
      url: relay.url,
      creation: config.conventions === 'messaging' ? made.context : undefined,
      isParentRemote: ambient !== undefined,
      ...spans.origin,
    })
    // A consumer that has said no has not seen the extension: the next attempt makes the same Create span.
    const isRefused = forwarded.response !== undefined && !isTaken(forwarded)
    const recorded = [isRefused ? undefined : made.create, isRefused ? undefined : made.process, send]
    await handOn(recorded, forwarded)
    return forwarded

    async function handOn(inits: readonly (SpanInit | undefined)[], { response }: Forwarded): Promise<void> {
      const builder = new TracesBuilder()
      for (const init of inits) if (init !== undefined) builder.add(init)
      const traces = builder.build()
      try {
        await next.consumeTraces(traces, context)
      } catch (error) {
        // The answer of the consumer counts where nothing is gained from sending the event again.
        if (response !== undefined && isTaken(forwarded) && !isPermanent(error)) throw error
        telemetry.logger.warn('The spans of a forwarded event were refused.', {
          error,
          spans: traces.spanCount,
        })
      }
    }
  }
}
