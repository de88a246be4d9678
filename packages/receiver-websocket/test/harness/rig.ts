import type { Clock } from '@spanloom/core'
import {
  createComponent,
  fakeClock,
  type FakeClock,
  testHost,
  testTelemetry,
  type TestTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { websocketReceiver, type WebSocketReceiver } from '@spanloom/receiver-websocket'
import { vi } from 'vitest'

import { recordingMeter, type RecordingMeter } from './recording-meter.ts'

/** When the fake clocks of the tests begin. */
export const epoch: number = Date.UTC(2026, 0, 1)

/** A receiver under test. */
export interface Rig extends AsyncDisposable {
  readonly receiver: WebSocketReceiver
  readonly clock: FakeClock
  readonly sink: TracesSink
  readonly telemetry: TestTelemetry
  readonly counts: RecordingMeter
  /** Frames that were dealt with. */
  frames(): number
}

/** Starts a receiver with these settings on a clock that stands still, or on the one given. */
export async function startRig(config: Readonly<Record<string, unknown>>, clock?: Clock): Promise<Rig> {
  const fake = fakeClock(epoch)
  const counts = recordingMeter()
  const telemetry = testTelemetry(counts.meter)
  const sink = new TracesSink()
  const receiver = createComponent(websocketReceiver, config, { clock: clock ?? fake, telemetry, next: sink })
  await receiver.start(testHost())
  return {
    receiver,
    clock: fake,
    sink,
    telemetry,
    counts,
    frames: () =>
      ['messages_received', 'messages_ignored', 'messages_error'].reduce(
        (sum, name) => sum + counts.count(`otelcol_receiver_websocket_${name}`),
        0,
      ),
    [Symbol.asyncDispose]: () => receiver.shutdown(AbortSignal.timeout(3_000)),
  }
}

/** Waits for something that has to cross a socket. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  await vi.waitUntil(holds, { interval: 1, timeout: 5_000 }).catch(() => {
    throw new Error(`In vain: ${what}`)
  })
}
