import type { Command } from './command.ts'
import {
  deriveParentSpanId,
  deriveTraceId,
  type RandomBytes,
  randomId,
  type TraceIdDerivation,
} from './identifiers.ts'

/** What is known about the command that is being worked on. */
export interface CommandContext {
  /** The trace id as it came: to be logged and sent back as it is. */
  readonly traceId: string | undefined
  /** The trace id for OpenTelemetry: 32 lower-case hex digits. */
  readonly otelTraceId: string
  /** By which rule `otelTraceId` was made of `traceId`. */
  readonly derivation: TraceIdDerivation
  /** Span id of this command's own work: 16 lower-case hex digits. */
  readonly spanId: string
  /** The received span id as it came. */
  readonly parentSpanId: string | undefined
  /** The received span id for OpenTelemetry, where it is one. */
  readonly otelParentSpanId: string | undefined
  /** Whether the trace is recorded, for `traceparent`. */
  readonly sampled: boolean
  readonly rID: string | undefined
  readonly operation: string
  /** Unix milliseconds of the command's arrival. */
  readonly receivedAt: number
}

/** The identity of a command's work, before any tracer has a say. */
export function contextOf(command: Command, receivedAt: number, randomBytes: RandomBytes): CommandContext {
  const { traceId, derivation } = deriveTraceId(command.traceId, randomBytes)
  return {
    traceId: command.traceId,
    otelTraceId: traceId,
    derivation,
    spanId: randomId(8, randomBytes),
    parentSpanId: command.spanId,
    otelParentSpanId: deriveParentSpanId(command.spanId, derivation),
    sampled: true,
    rID: command.rID,
    operation: command.operation,
    receivedAt,
  }
}
