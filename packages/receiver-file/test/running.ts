import type { Component, ReceiverFactory } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type FakeClock,
  testHost,
  testTelemetry,
  type TestTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { vi } from 'vitest'

/** A receiver that runs. */
export interface Running {
  readonly next: TracesSink
  readonly telemetry: TestTelemetry
  readonly clock: FakeClock
  /** Names of the spans that came so far. */
  readonly names: () => readonly string[]
  /** Reasons of the warnings so far. */
  readonly complaints: () => readonly unknown[]
  /** Lets poll rounds pass until the expectation holds. */
  readonly eventually: (expectation: () => void) => Promise<void>
  /** Lets so many poll rounds pass. */
  readonly rounds: (count: number) => Promise<void>
  readonly stop: () => Promise<void>
}

/** When the clocks of the tests begin. */
export const nowMs: number = Date.UTC(2030, 0, 1)

const pollMs = 200

/** Starts a receiver of files. */
export async function running(
  factory: ReceiverFactory,
  settings: Readonly<Record<string, unknown>>,
  next = new TracesSink(),
): Promise<Running> {
  const telemetry = testTelemetry()
  const clock = fakeClock(nowMs)
  const receiver: Component = createComponent(factory, settings, { next, telemetry, clock })
  await receiver.start(testHost())
  const idle = (): Promise<unknown> => vi.waitUntil(() => clock.pending > 0)
  return {
    next,
    telemetry,
    clock,
    names: () => next.spans.map(({ name }) => name),
    complaints: () =>
      telemetry.logger.lines.flatMap(({ level, fields }) => (level === 'warn' ? [fields['reason']] : [])),
    eventually: (expectation) =>
      vi.waitFor(async () => {
        await clock.advance(pollMs)
        expectation()
      }),
    async rounds(count) {
      for (let round = 0; round < count; round += 1) {
        await idle()
        await clock.advance(pollMs)
      }
      await idle()
    },
    stop: () => receiver.shutdown(AbortSignal.timeout(2_000)),
  }
}
