import {
  type Clock,
  type ComponentTelemetry,
  consumeParts,
  type KeptInput,
  LogThrottle,
  messageOf,
  type RevivedInput,
  Traces,
  type TracesConsumer,
} from '@spanloom/core'
import type { EventBatch, ReceivedEvent, ReplayFilter, ReplayPlan } from '@spanloom/eventhubs'

import { decodeEvent, type DecodeOptions, EventError, rejectReasons } from './decode-event.ts'

/** What the intake needs. */
export interface EventIntakeOptions {
  readonly id: string
  readonly transport: string
  readonly decode: DecodeOptions
  readonly next: TracesConsumer
  readonly telemetry: ComponentTelemetry
  readonly clock: Clock
  readonly kept: KeptInput
  readonly replay: ReplayFilter
}

/** Hands on the spans of events, and keeps aside what can never become spans. */
export interface EventIntake {
  /** Resolves once every event of the batch is safe: handed on, or kept aside, or dropped for good. */
  take(batch: EventBatch): Promise<void>
  /** Tries an event again that was kept aside. */
  retry(input: RevivedInput): Promise<void>
}

const logIntervalMs = 60_000

interface Rejected {
  readonly event: Pick<ReceivedEvent, 'body' | 'contentType' | 'properties'> & Partial<ReceivedEvent>
  readonly reason: string
  readonly error: unknown
}

/** Makes the intake of one receiver. */
export function createEventIntake(options: EventIntakeOptions): EventIntake {
  const { id, transport, decode, next, telemetry, clock, kept, replay } = options
  const rejectedEvents = telemetry.meter.createCounter('otelcol_receiver_azure_event_hub_rejected_events', {
    description: 'Events that can never become spans.',
    unit: '{event}',
  })
  for (const reason of [...rejectReasons, 'refused']) rejectedEvents.add(0, { receiver: id, reason })
  const throttles = new Map<string, LogThrottle>()

  /** Only after the rest is safe: a batch that comes again must not leave its letters twice. */
  const setAside = async ({ event, reason, error }: Rejected): Promise<void> => {
    const { body, contentType = 'application/octet-stream', partitionId, sequenceNumber, properties } = event
    const encoding = properties['content-encoding']
    const origin = new Map<string, readonly string[]>()
    if (partitionId !== undefined) origin.set('partition', [partitionId])
    if (sequenceNumber !== undefined) origin.set('sequence_number', [String(sequenceNumber)])
    if (typeof encoding === 'string') origin.set('content-encoding', [encoding])
    await kept.keep({ body, format: contentType, reason: `${reason}: ${messageOf(error)}`, origin })
    rejectedEvents.add(1, { receiver: id, reason })
    let throttle = throttles.get(reason)
    if (throttle === undefined) throttles.set(reason, (throttle = new LogThrottle(clock, logIntervalMs)))
    throttle.run(1, (suppressed) =>
      telemetry.logger.warn('An event was rejected.', {
        reason,
        error,
        partition: partitionId,
        sequence_number: sequenceNumber,
        kept: kept.isOn,
        ...suppressed,
      }),
    )
  }

  const hand = async (
    events: readonly Rejected['event'][],
    signal: AbortSignal,
    planOf: (spans: readonly Traces[]) => ReplayPlan,
  ): Promise<void> => {
    const rejected: Rejected[] = []
    const spans = events.map((event) => {
      try {
        return decodeEvent(event, decode)
      } catch (error) {
        if (!(error instanceof EventError)) throw error
        rejected.push({ event, reason: error.reason, error })
        return Traces.empty
      }
    })
    const plan = planOf(spans)
    const refused = await consumeParts(next, plan.parts, { signal, transport })
    for (const [number, error] of refused) {
      const event = events[number]
      telemetry.accounting.dropped(plan.parts[number]?.spanCount ?? 0, 'refused')
      if (event !== undefined) rejected.push({ event, reason: 'refused', error })
    }
    for (const each of rejected) await setAside(each)
    plan.commit()
  }

  return {
    take: (batch) => hand(batch.events, batch.signal, (spans) => replay.plan(batch, spans)),
    retry: ({ body, format, origin }) => {
      const properties = Object.fromEntries([...origin].map(([name, [value]]) => [name, value]))
      const event = { body, properties, ...(format === undefined ? {} : { contentType: format }) }
      return hand([event], new AbortController().signal, (parts) => ({ parts, commit: () => undefined }))
    },
  }
}
