import {
  createComponent,
  fakeClock,
  type FakeClock,
  recordingTelemetry,
  type RecordingTelemetry,
  testHost,
  TracesSink,
} from '@spanloom/core/testing'
import { type CloudEventsReceiver, cloudEventsReceiver } from '@spanloom/receiver-cloudevents'

/** When everything arrives. */
export const receivedAt = '2026-01-15T10:00:00.000Z'

/** A receiver that listens, and what it hands on. */
export interface Running extends AsyncDisposable {
  readonly receiver: CloudEventsReceiver
  readonly url: URL
  readonly next: TracesSink
  readonly telemetry: RecordingTelemetry
  readonly clock: FakeClock
}

/** Starts a receiver over HTTP. */
export async function running(
  settings: Readonly<Record<string, unknown>> = {},
  http: Readonly<Record<string, unknown>> = {},
): Promise<Running> {
  const next = new TracesSink()
  const telemetry = recordingTelemetry('cloudevents')
  const clock = fakeClock(Date.parse(receivedAt))
  const receiver = createComponent(
    cloudEventsReceiver,
    { http: { endpoint: '127.0.0.1:0', path: '/events', ...http }, ...settings },
    { next, telemetry, clock },
  )
  await receiver.start(testHost())
  return {
    receiver,
    url: new URL('/events', receiver.url),
    next,
    telemetry,
    clock,
    [Symbol.asyncDispose]: () => receiver.shutdown(AbortSignal.timeout(2_000)),
  }
}
