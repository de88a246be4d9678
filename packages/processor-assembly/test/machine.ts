import {
  type AssemblyProfile,
  type Span,
  span,
  type SpanInit,
  type StorageOwner,
  Traces,
} from '@spanloom/core'
import {
  createComponent,
  type FakeClock,
  fakeClock,
  MemoryStorage,
  testHost,
  testTelemetry,
  type TestTelemetry,
  TracesSink,
} from '@spanloom/core/testing'

import { type SpanAssembly, spanAssemblyProcessor } from '../src/processor.ts'

export const signal: AbortSignal = new AbortController().signal
export const second: bigint = 1_000_000_000n
export const hourMs: number = 3_600_000
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
export const owner: StorageOwner = { kind: 'processor', id: 'span_assembly' }

export const id = (number: number): string => number.toString(16).padStart(16, '0')
export const part = (number: number, rest: Partial<SpanInit>): Span =>
  span({ traceId, spanId: id(number), name: 'pay', ...rest })
export const started = (number: number): Span => part(number, { startTime: 10n * second })
export const ended = (number: number): Span => part(number, { endTime: 20n * second })
export const noted = (number: number): Span =>
  part(number, { events: [{ time: 15n * second, name: 'note' }] })

export interface Life {
  readonly processor: SpanAssembly
  readonly telemetry: TestTelemetry
  readonly next: TracesSink
  readonly send: (...spans: readonly Span[]) => Promise<void>
}

export interface Machine {
  readonly clock: FakeClock
  readonly disk: MemoryStorage
  /** Starts a process. */
  readonly boot: (next?: TracesSink) => Promise<Life>
}

/** A machine whose disk outlives the processes on it. */
export function machine(
  config: object = {},
  profiles: ReadonlyMap<string, AssemblyProfile> = new Map(),
  clock: FakeClock = fakeClock(1_767_225_600_000),
): Machine {
  const disk = new MemoryStorage(clock)
  return {
    clock,
    disk,
    async boot(next = new TracesSink()) {
      const telemetry = testTelemetry()
      // Processing time begins anew with each process.
      const born = clock.monotonic()
      const own = {
        now: () => clock.now(),
        monotonic: () => clock.monotonic() - born,
        schedule: (delayMs: number, run: () => void) => clock.schedule(delayMs, run),
      }
      const processor = createComponent(
        spanAssemblyProcessor,
        { storage: 'disk', ...config },
        { next, clock: own, telemetry, profiles },
      )
      await processor.start(testHost({ disk: disk.extension() }))
      return {
        processor,
        telemetry,
        next,
        send: (...spans) => processor.consumeTraces(Traces.of(spans), { signal }),
      }
    },
  }
}

/** Id and length in ns of each span that left. */
export const durations = ({ next }: Life): readonly (readonly [string, bigint])[] =>
  next.spans.map((one) => [one.spanId, one.endTimeUnixNano - one.startTimeUnixNano])
