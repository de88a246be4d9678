import {
  type Accounting,
  type ComponentTelemetry,
  type LogFields,
  type Logger,
  messageOf,
  plainFields,
  type TracesConsumer,
} from '@spanloom/core'

import type { Place, Recorder } from './recorder.ts'

/** A stage whose spans are written down before it gets them. */
export function observed(
  stage: TracesConsumer,
  place: Place,
  direction: 'in' | 'out',
  recorder: Recorder,
): TracesConsumer {
  return {
    async consumeTraces(traces, context) {
      if (traces.spanCount === 0) return stage.consumeTraces(traces, context)
      const passage = recorder.tell({ type: 'passage', place, direction, traces })
      try {
        await stage.consumeTraces(traces, context)
      } catch (error) {
        if (passage.type === 'passage') passage.refusal = messageOf(error)
        throw error
      }
    },
  }
}

/** The telemetry of a component, with what it says about lost spans and about trouble written down. */
export function observedTelemetry(
  telemetry: ComponentTelemetry,
  place: Place,
  recorder: Recorder,
): ComponentTelemetry {
  return {
    ...telemetry,
    accounting: observedAccounting(telemetry.accounting, place, recorder),
    logger: observedLogger(telemetry.logger, place, recorder, {}),
  }
}

function observedAccounting(inner: Accounting, place: Place, recorder: Recorder): Accounting {
  return {
    dropped(count, reason) {
      if (count > 0) recorder.tell({ type: 'drop', place, count, reason })
      inner.dropped(count, reason)
    },
    merged(count) {
      if (count > 0) recorder.tell({ type: 'merge', place, count })
      inner.merged(count)
    },
    created: (count) => inner.created(count),
    held: (read) => inner.held(read),
    kept: (count) => inner.kept?.(count),
    failed: (count, transport) => inner.failed?.(count, transport),
    sent: (count) => inner.sent?.(count),
  }
}

function observedLogger(inner: Logger, place: Place, recorder: Recorder, known: LogFields): Logger {
  const complain =
    (level: 'warn' | 'error') =>
    (message: string, fields: LogFields = {}): void => {
      const plain = plainFields({ ...known, ...fields })
      recorder.tell({ type: 'complaint', place, level, message, fields: plain })
      inner[level](message, fields)
    }
  return {
    debug: (message, fields) => inner.debug(message, fields),
    info: (message, fields) => inner.info(message, fields),
    warn: complain('warn'),
    error: complain('error'),
    child: (fields) => observedLogger(inner.child(fields), place, recorder, { ...known, ...fields }),
  }
}
