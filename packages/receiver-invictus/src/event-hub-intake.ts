import { gunzipSync } from 'node:zlib'

import { consumeParts, type ReceiverOptions, Traces } from '@spanloom/core'
import {
  type EventBatch,
  type HubConsumer,
  type HubConsumerConfig,
  type HubConsumerOptions,
  type ReceivedEvent,
  ReplayFilter,
} from '@spanloom/eventhubs'

import type { Intake, Message } from './intake.ts'
import { messageLink } from './message-context.ts'
import { MessageError } from './translate.ts'

/** Makes a consumer; tests hand in one that needs no hub. */
export type CreateConsumer = (options: HubConsumerOptions) => HubConsumer

/** What the intake needs. */
export interface EventHubIntakeOptions extends Pick<
  ReceiverOptions<unknown>,
  'id' | 'next' | 'telemetry' | 'clock'
> {
  readonly config: HubConsumerConfig
  readonly intake: Intake
  readonly linkMessageContext: boolean
  readonly maxBodySize: number
  readonly createConsumer: CreateConsumer
}

/** Reads messages from an event hub; a checkpoint passes them when they are safe (`invictus.md` section 8.2). */
export function eventHubIntake(options: EventHubIntakeOptions): HubConsumer {
  const { id, config, telemetry, clock, createConsumer } = options
  const replay = new ReplayFilter(config.max_trace_duration)
  return createConsumer({
    id,
    config,
    telemetry,
    clock,
    onEvents: (batch) => takeBatch(batch, replay, options),
  })
}

async function takeBatch(
  batch: EventBatch,
  replay: ReplayFilter,
  { config, intake, next, telemetry, ...how }: EventHubIntakeOptions,
): Promise<void> {
  const { events, signal } = batch
  const messages = events.map((event) => toMessage(event, how))
  const outcomes = messages.map(({ message, error }) => error ?? intake.translate(message))
  const spans = outcomes.map((outcome) => (outcome instanceof MessageError ? Traces.empty : outcome.traces))
  const plan = replay.plan(batch, spans)
  const refused = await consumeParts(next, plan.parts, { signal, transport: config.transport })
  // Only now: a batch that comes again must not leave its dead letters twice.
  for (const [number, outcome] of outcomes.entries()) {
    const message = messages[number]?.message
    if (message === undefined) continue
    const isRefused = refused.has(number)
    if (isRefused) telemetry.accounting.dropped(plan.parts[number]?.spanCount ?? 0, 'refused')
    if (outcome instanceof MessageError) await intake.giveUp(outcome, message)
    else if (isRefused) await intake.giveUp({ reason: 'refused', cause: refused.get(number) }, message)
    else await intake.settle(message, outcome)
  }
  plan.commit()
}

interface Opened {
  readonly message: Message
  /** Why the body cannot be read. */
  readonly error?: MessageError
}

function toMessage(
  event: ReceivedEvent,
  { linkMessageContext, maxBodySize }: Pick<EventHubIntakeOptions, 'linkMessageContext' | 'maxBodySize'>,
): Opened {
  const { body, partitionId, sequenceNumber, offset, enqueuedTime, properties } = event
  const message = {
    body,
    enqueuedTime: BigInt(Math.round(enqueuedTime)) * 1_000_000n,
    link: linkMessageContext ? messageLink((name) => properties[name]) : undefined,
    origin: { partition: partitionId, sequence_number: sequenceNumber, offset },
  }
  try {
    return { message: { ...message, body: unpacked(event, maxBodySize) } }
  } catch (error) {
    if (error instanceof MessageError) return { message, error }
    throw error
  }
}

function unpacked({ body, properties }: ReceivedEvent, maxBytes: number): Uint8Array {
  if (body.length > maxBytes) throw tooLarge(maxBytes)
  const encoding = properties['content-encoding']
  if (typeof encoding !== 'string' || encoding.trim().toLowerCase() !== 'gzip') return body
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes })
  } catch (error) {
    const isLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw isLarge ? tooLarge(maxBytes) : new MessageError('not_gzip', 'The message is no whole gzip.')
  }
}

const tooLarge = (maxBytes: number): MessageError =>
  new MessageError('too_large', `The message is larger than ${maxBytes} bytes.`)
