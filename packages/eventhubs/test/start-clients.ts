import { systemClock, type Host } from '@spanloom/core'
import { testHost, testTelemetry, type TestTelemetry } from '@spanloom/core/testing'
import { onTestFinished, vi } from 'vitest'

import {
  createHubConsumer,
  createHubProducer,
  type EventBatch,
  type HubConsumer,
  type HubProducer,
  type OutgoingEvent,
  type ReceivedEvent,
} from '../src/index.ts'
import { consumerConfig, producerConfig } from './hub-settings.ts'

/** Time enough for anything on a slow machine. */
export const patienceMs = 20_000

export const soon = (): AbortSignal => AbortSignal.timeout(patienceMs)

/** A consumer under test, with what it handed over. */
export interface StartedConsumer {
  readonly consumer: HubConsumer
  readonly telemetry: TestTelemetry
  /** Everything that was taken, in order of hand-over. */
  readonly events: readonly ReceivedEvent[]
  /** Resolves when so many events with different bodies were taken. */
  readonly received: (count: number) => Promise<void>
  readonly stop: () => Promise<void>
}

export interface ConsumerSetup {
  readonly settings: Readonly<Record<string, unknown>>
  readonly id?: string
  readonly host?: Host
  readonly onEvents?: (batch: EventBatch) => Promise<void>
}

/** Starts a consumer that is stopped at the end of the test. */
export async function startConsumer({
  settings,
  id = 'hub',
  host = testHost(),
  onEvents,
}: ConsumerSetup): Promise<StartedConsumer> {
  const telemetry = testTelemetry()
  const events: ReceivedEvent[] = []
  const bodies = new Set<string>()
  const consumer = createHubConsumer({
    id,
    config: consumerConfig({
      poll_rate: 0.5,
      load_balancing: { update_interval: '300ms', ownership_expiration: '2s' },
      ...settings,
    }),
    telemetry,
    clock: systemClock,
    async onEvents(batch) {
      await onEvents?.(batch)
      events.push(...batch.events)
      for (const event of batch.events) bodies.add(textOf(event))
    },
  })
  const stop = (): Promise<void> => consumer.shutdown(soon())
  onTestFinished(stop)
  await consumer.start(host)
  return {
    consumer,
    telemetry,
    events,
    received: (count) =>
      vi.waitFor(
        () => {
          if (bodies.size < count) throw new Error(`Only ${bodies.size} of ${count} events came.`)
        },
        { timeout: patienceMs, interval: 20 },
      ),
    stop,
  }
}

/** Opens a producer that is closed at the end of the test. */
export async function startProducer(
  settings: Readonly<Record<string, unknown>>,
  timeoutMs = 5_000,
): Promise<{ readonly producer: HubProducer; readonly telemetry: TestTelemetry }> {
  const telemetry = testTelemetry()
  const producer = createHubProducer({
    id: 'hub',
    config: producerConfig(settings),
    telemetry,
    clock: systemClock,
    timeoutMs,
  })
  onTestFinished(() => producer.close(soon()))
  await producer.open(testHost())
  return { producer, telemetry }
}

export const textOf = ({ body }: { readonly body: Uint8Array }): string => Buffer.from(body).toString()

/** Events with bodies that tell them apart. */
export function numbered(
  count: number,
  rest: Partial<OutgoingEvent> = {},
  prefix = 'e',
): readonly OutgoingEvent[] {
  return Array.from({ length: count }, (_, index) => ({ body: Buffer.from(`${prefix}${index}`), ...rest }))
}

/** Sends until it worked, as a queue would. */
export async function sendUntilTaken(
  producer: HubProducer,
  events: readonly OutgoingEvent[],
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      await producer.send(events, { signal: soon() })
      return attempt
    } catch (error) {
      if (attempt === 50) throw error
    }
  }
}
