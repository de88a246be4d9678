import { CloudEventError } from '@spanloom/cloudevents'
import {
  type Component,
  type ConsumeContext,
  consumeParts,
  type Host,
  KeptInput,
  LogThrottle,
  messageOf,
  type ReceiverOptions,
  RetryableError,
} from '@spanloom/core'
import type { EventBatch, HubConsumer, HubConsumerOptions } from '@spanloom/eventhubs'

import type { Metrics } from '../metrics.ts'
import { messageOf as outgoing } from '../relay/outgoing-message.ts'
import { unixNano } from '../relay/relay.ts'
import type { RelayEvent } from '../relay/relaying.ts'
import type { CloudEventsConfig, HubIntakeConfig } from '../settings.ts'
import { type Arrival, repetitionOf, sinkTraces } from '../sink.ts'
import type { EventSpanMaker } from '../spans/event-spans.ts'
import { ambientOf, eventOf, type HubMessage, revived, unusable } from './hub-event.ts'

/** Makes a consumer of a hub; tests hand in one that needs no hub. */
export type CreateConsumer = (options: HubConsumerOptions) => HubConsumer

/** What reading from a hub works with. */
export interface HubIntakeOptions extends Pick<
  ReceiverOptions<CloudEventsConfig>,
  'id' | 'config' | 'next' | 'telemetry' | 'clock'
> {
  readonly hub: HubIntakeConfig
  readonly spans: EventSpanMaker
  readonly metrics: Metrics
  readonly relay: RelayEvent | undefined
  readonly createConsumer: CreateConsumer
}

/** When a message came, and when its span was first handed on. */
interface Times {
  readonly receivedAt: bigint
  endedAt?: bigint
}

/** A message that can never be used. */
interface Rejected {
  readonly message: HubMessage
  readonly reason: string
  readonly error: unknown
}

const transport = 'event_hub'
const logIntervalMs = 60_000

/** Reads events from an event hub; the checkpoint moves when the pipeline, or the consumer of a relay, has them. */
export class HubIntake implements Component {
  readonly #options: HubIntakeOptions
  readonly #consumer: HubConsumer
  readonly #kept: KeptInput
  readonly #complaints: LogThrottle
  /** Times of messages that may come again, which are then those of the first attempt. */
  readonly #times = new WeakMap<HubMessage, Times>()

  constructor(options: HubIntakeOptions) {
    const { id, hub, telemetry, clock, createConsumer } = options
    this.#options = options
    this.#kept = new KeptInput({ id, config: hub.dead_letters, telemetry, clock })
    this.#complaints = new LogThrottle(clock, logIntervalMs)
    const onEvents = ({ events, signal }: EventBatch): Promise<void> => this.#take(events, signal)
    this.#consumer = createConsumer({ id, config: hub, telemetry, clock, onEvents })
  }

  async start(host: Host): Promise<void> {
    await this.#kept.start(host, (input) => this.#take([revived(input)], new AbortController().signal))
    try {
      await this.#consumer.start(host)
    } catch (error) {
      await this.#kept.shutdown()
      throw error
    }
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    await this.#consumer.shutdown(signal)
    await this.#kept.shutdown()
  }

  /** Resolves once every message is safe: handed on, or kept aside. A rejection asks for the same ones again. */
  async #take(messages: readonly HubMessage[], signal: AbortSignal): Promise<void> {
    const { relay } = this.#options
    const rejected: Rejected[] = []
    const arrivals: { readonly message: HubMessage; readonly arrival: Arrival }[] = []
    const seen = new Map<string, number>()
    for (const message of messages) {
      const arrival = this.#arrivalOf(message, seen)
      if (!(arrival instanceof CloudEventError)) arrivals.push({ message, arrival })
      else rejected.push({ message, reason: arrival.reason, error: arrival })
    }
    const context = { signal, transport }
    const refused =
      relay === undefined
        ? await this.#sink(arrivals, context)
        : await this.#forward(arrivals, relay, context)
    // Only after the rest is safe: a batch that comes again must not leave its letters twice.
    for (const each of [...rejected, ...refused]) await this.#setAside(each)
  }

  async #sink(
    arrivals: readonly { readonly message: HubMessage; readonly arrival: Arrival }[],
    context: ConsumeContext,
  ): Promise<readonly Rejected[]> {
    const { next, clock, spans, metrics, telemetry } = this.#options
    const now = unixNano(clock)
    const parts = arrivals.map(({ message, arrival }) => {
      const endedAt = (this.#timesOf(message).endedAt ??= now)
      return sinkTraces([arrival], { spans, metrics, endedAt })
    })
    const refused = await consumeParts(next, parts, context)
    return [...refused].flatMap(([number, error]) => {
      telemetry.accounting.dropped(parts[number]?.spanCount ?? 0, 'refused')
      const message = arrivals[number]?.message
      return message === undefined ? [] : [{ message, reason: 'refused', error }]
    })
  }

  async #forward(
    arrivals: readonly { readonly message: HubMessage; readonly arrival: Arrival }[],
    relay: RelayEvent,
    context: ConsumeContext,
  ): Promise<readonly Rejected[]> {
    const refused: Rejected[] = []
    for (const { message, arrival } of arrivals) {
      const { response } = await relay(arrival.event, outgoing(arrival.event), arrival.delivery, context)
      const status = response?.status ?? 503
      if (status < 300) continue
      const error = new RetryableError('CONSUMER_BUSY', `The consumer of the events answered with ${status}.`)
      if (status >= 500 || status === 408 || status === 429) throw error
      refused.push({ message, reason: 'refused_by_consumer', error })
    }
    return refused
  }

  #arrivalOf(message: HubMessage, seen: Map<string, number>): Arrival | CloudEventError {
    const { config, hub } = this.#options
    try {
      const event = eventOf(message, { validation: config.validation })
      const delivery = {
        ambient: ambientOf(message),
        receivedAt: this.#timesOf(message).receivedAt,
        system: 'eventhubs',
        destination: config.messaging_destination ?? hub.event_hub.name,
        repetition: repetitionOf(event, seen),
      }
      return { event, delivery }
    } catch (error) {
      if (error instanceof CloudEventError) return error
      throw error
    }
  }

  #timesOf(message: HubMessage): Times {
    let times = this.#times.get(message)
    if (times === undefined) this.#times.set(message, (times = { receivedAt: unixNano(this.#options.clock) }))
    return times
  }

  async #setAside({ message, reason, error }: Rejected): Promise<void> {
    const { metrics, telemetry } = this.#options
    await this.#kept.keep(unusable(message, `${reason}: ${messageOf(error)}`))
    if (error instanceof CloudEventError) {
      metrics.rejected(error.reason)
      telemetry.accounting.dropped(1, error.reason)
    }
    this.#complaints.run(1, (suppressed) =>
      telemetry.logger.warn('An event of the hub was rejected.', {
        reason,
        error: messageOf(error),
        partition: message.partitionId,
        sequence_number: message.sequenceNumber,
        kept: this.#kept.isOn,
        ...suppressed,
      }),
    )
  }
}
