import { type Clock, type ComponentTelemetry, LogThrottle } from '@spanloom/core'

/** Why a message of a file makes no batch. */
export type BrokenReason = 'undecodable' | 'too_large' | 'torn' | 'unknown_format' | 'unreadable'

const logIntervalMs = 60_000

/** Counts messages that cannot be used, and tells of them at most once a minute for each reason. */
export interface ReadReport {
  broken(path: string, reason: BrokenReason, error?: unknown): void
  /** At the start there was no file of these patterns. */
  nothing(patterns: readonly string[]): void
}

/** `type` is that of the receiver, which gives the metric its name. */
export function createReadReport(
  type: string,
  id: string,
  telemetry: ComponentTelemetry,
  clock: Clock,
): ReadReport {
  const counter = telemetry.meter.createCounter(`otelcol_receiver_${type}_broken_messages`, {
    description: 'Messages of files that could not be read.',
    unit: '{message}',
  })
  counter.add(0, { receiver: id })
  const throttles = new Map<BrokenReason, LogThrottle>()
  return {
    broken(path, reason, error) {
      counter.add(1, { receiver: id, reason })
      telemetry.accounting.failed?.(0, 'file')
      let throttle = throttles.get(reason)
      if (throttle === undefined) throttles.set(reason, (throttle = new LogThrottle(clock, logIntervalMs)))
      throttle.run(1, (suppressed) =>
        telemetry.logger.warn('A message of a file cannot be used.', { path, reason, error, ...suppressed }),
      )
    },
    nothing: (patterns) => telemetry.logger.warn('No file matches the patterns.', { patterns }),
  }
}
