import type { Component, ExporterFactory, TracesConsumer } from '@spanloom/core'
import { span, Traces } from '@spanloom/core'
import {
  createComponent,
  type CreateOptions,
  type FakeClock,
  fakeClock,
  testHost,
  testTelemetry,
  type TestTelemetry,
} from '@spanloom/core/testing'

/** An exporter under test. */
export interface Running extends AsyncDisposable {
  readonly exporter: Component & TracesConsumer
  readonly clock: FakeClock
  readonly telemetry: TestTelemetry
}

/** Starts an exporter with a fake clock that begins at 1 January 2026. */
export async function run(
  factory: ExporterFactory,
  config: Readonly<Record<string, unknown>>,
  { host = testHost(), ...options }: CreateOptions & { readonly host?: ReturnType<typeof testHost> } = {},
): Promise<Running> {
  const clock = fakeClock(Date.UTC(2026, 0, 1))
  const telemetry = testTelemetry()
  const exporter = createComponent(factory, config, { clock, telemetry, ...options })
  await exporter.start(host)
  return {
    exporter,
    clock,
    telemetry,
    [Symbol.asyncDispose]: () => exporter.shutdown(AbortSignal.abort()),
  }
}

/** Neither queue nor retry: the caller sees the outcome of one attempt. */
export const once = { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } }

/** Retries, but no queue: the caller sees the last outcome. */
export const direct = { sending_queue: { enabled: false } }

/** A batch of `count` spans. */
export function someTraces(count = 1): Traces {
  return Traces.of(
    Array.from({ length: count }, (_, index) =>
      span({
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: (index + 1).toString(16).padStart(16, '0'),
        name: 'GET /orders',
        startTime: 1n,
        endTime: 2n,
        attributes: { 'http.route': '/orders' },
      }),
    ),
  )
}

/** What a call rejected with; fails when it did not. */
export async function failureOf(call: Promise<unknown>): Promise<Error> {
  try {
    await call
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('The call was expected to fail.')
}

/** Lets the clock run until `call` has settled. */
export async function letRun(call: Promise<unknown>, { clock }: Running, stepMs = 500): Promise<void> {
  const state = { settled: false }
  const settle = (): void => {
    state.settled = true
  }
  call.then(settle, settle)
  while (!state.settled) await clock.advance(stepMs)
}
