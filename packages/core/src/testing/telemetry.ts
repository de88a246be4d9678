import { createNoopMeter, trace, type Meter } from '@opentelemetry/api'

import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import type { LogFields, Logger } from '../telemetry/logger.ts'
import type { StatusKind } from '../telemetry/status.ts'

/** Says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
}

/** One line that a component logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields
}

/** A logger that keeps its lines. */
export interface RecordingLogger extends Logger {
  readonly lines: readonly LogLine[]
}

export function recordingLogger(): RecordingLogger {
  const lines: LogLine[] = []
  const make = (bound: LogFields): RecordingLogger => {
    const log = (level: LogLine['level']) => (message: string, fields?: LogFields) =>
      void lines.push({ level, message, fields: { ...bound, ...fields } })
    return {
      lines,
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      child: (fields) => make({ ...bound, ...fields }),
    }
  }
  return make({})
}

/** Telemetry that a test can read. */
export interface TestTelemetry extends ComponentTelemetry {
  readonly logger: RecordingLogger
  readonly statusEvents: readonly { readonly kind: StatusKind; readonly error?: Error }[]
  /** Spans dropped so far, by reason. */
  readonly dropped: ReadonlyMap<string, number>
  readonly counts: { readonly merged: number; readonly created: number; readonly kept: number }
  /** Spans held at the moment. */
  heldNow(): number
}

/** Telemetry for a component under test; `meter` may be a real one whose readings the test collects. */
export function testTelemetry(meter: Meter = createNoopMeter()): TestTelemetry {
  const statusEvents: { kind: StatusKind; error?: Error }[] = []
  const dropped = new Map<string, number>()
  const counts = { merged: 0, created: 0, kept: 0 }
  const held: (() => number)[] = []
  return {
    logger: recordingLogger(),
    meter,
    tracer: trace.getTracer('test'),
    status: {
      ok: () => void statusEvents.push({ kind: 'OK' }),
      recoverableError: (error) => void statusEvents.push({ kind: 'RecoverableError', error }),
      permanentError: (error) => void statusEvents.push({ kind: 'PermanentError', error }),
      fatalError: (error) => void statusEvents.push({ kind: 'FatalError', error }),
    },
    accounting: {
      dropped: (count, reason) => void dropped.set(reason, (dropped.get(reason) ?? 0) + count),
      merged: (count) => void (counts.merged += count),
      created: (count) => void (counts.created += count),
      held: (read) => void held.push(read),
      kept: (count) => void (counts.kept += count),
    },
    statusEvents,
    dropped,
    counts,
    heldNow: () => held.reduce((sum, read) => sum + read(), 0),
  }
}
