import {
  createComponent,
  fakeClock,
  type FakeClock,
  recordingTelemetry,
  type RecordingTelemetry,
  TracesSink,
} from '@spanloom/core/testing'
import { type Span, span, type SpanInit, Traces } from '@spanloom/core/traces'
import { type CloudEventsProcessor, cloudEventsProcessor } from '@spanloom/processor-cloudevents'

const nanosPerMilli = 1_000_000n
const epochMs = 1_768_471_200_000

/** Unix nanoseconds of a time on the fake clock. */
export const at = (ms: number): bigint => BigInt(epochMs + ms) * nanosPerMilli

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0')

/** The span that made event number `number`. */
export function producer(number: number, init: Partial<SpanInit> = {}): Span {
  return span({
    traceId: hex(number + 1, 32),
    spanId: hex(number + 1, 16),
    name: 'CloudEvents Create order.created',
    kind: 'PRODUCER',
    startTime: at(0),
    endTime: at(1),
    resource: { 'service.name': 'shop' },
    ...init,
    attributes: {
      'cloudevents.event_id': `e-${number}`,
      'cloudevents.event_source': '/shop',
      ...init.attributes,
    },
  })
}

/** The span that processed event number `number`, in a trace of its own. */
export function consumer(number: number, init: Partial<SpanInit> = {}): Span {
  return span({
    traceId: `c${hex(number, 31)}`,
    spanId: `c${hex(number, 15)}`,
    name: 'CloudEvents Process order.created',
    kind: 'CONSUMER',
    startTime: at(2),
    endTime: at(3),
    resource: { 'service.name': 'mail' },
    ...init,
    attributes: {
      'cloudevents.event_id': `e-${number}`,
      'cloudevents.event_source': '/shop',
      ...init.attributes,
    },
  })
}

/** A processor that a test drives. */
export interface Machine {
  readonly processor: CloudEventsProcessor
  readonly next: TracesSink
  readonly clock: FakeClock
  readonly telemetry: RecordingTelemetry
  readonly take: (...spans: readonly Span[]) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Makes a processor with these settings. */
export function machine(
  settings: Readonly<Record<string, unknown>> = {},
  clock: FakeClock = fakeClock(epochMs),
): Machine {
  const next = new TracesSink()
  const telemetry = recordingTelemetry('cloudevents')
  const processor = createComponent(cloudEventsProcessor, settings, { next, clock, telemetry })
  return {
    processor,
    next,
    clock,
    telemetry,
    async take(...spans) {
      await processor.consumeTraces(Traces.of(spans), { signal: new AbortController().signal })
      await clock.advance(0)
    },
    stop: () => processor.shutdown(AbortSignal.timeout(2_000)),
  }
}

/** Trace ids that a span links to. */
export const linkedTo = (one: Span | undefined): readonly string[] =>
  (one?.links ?? []).map(({ traceId }) => traceId)
