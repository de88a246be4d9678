import {
  type Clock,
  type ComponentTelemetry,
  type ConsumeContext,
  isExpected,
  LogThrottle,
  type Traces,
  type TracesConsumer,
} from '@spanloom/core'

/** What both transports do with a request: decode it and hand it on. */
export interface Intake {
  /**
   * Decodes a request and hands its spans on; resolves once the pipeline took them. A request without spans
   * is taken without asking the pipeline (OTR-08).
   */
  take(decode: () => Promise<Traces> | Traces, context: ConsumeContext): Promise<void>
  /** Logs what is worth a line of an error that a sender is told about. */
  report(error: unknown): void
}

/** The one intake of a receiver. */
export function createIntake(
  next: TracesConsumer,
  { logger, accounting }: Pick<ComponentTelemetry, 'logger' | 'accounting'>,
  clock: Clock,
): Intake {
  const complaints = new LogThrottle(clock)
  return {
    async take(decode, context) {
      const traces = await decoded(decode, () => accounting.failed?.(0, context.transport))
      if (traces.spanCount > 0) await next.consumeTraces(traces, context)
    },
    report(error) {
      if (isExpected(error)) logger.debug('Request refused.', { error })
      else
        complaints.run(1, (suppressed) =>
          logger.error('A request could not be handled.', { error, ...suppressed }),
        )
    },
  }
}

async function decoded(decode: () => Promise<Traces> | Traces, onFailure: () => void): Promise<Traces> {
  try {
    return await decode()
  } catch (error) {
    onFailure()
    throw error
  }
}
