import { type Clock, type ComponentTelemetry, LogThrottle, type Traces } from '@spanloom/core'

import { createIntakeMetrics } from './intake-metrics.ts'
import type { MessageContext } from './message-context.ts'
import { MessageError, type Translate, type Translation } from './translate.ts'

/** A message as a transport got it. */
export interface Message extends MessageContext {
  readonly body: Uint8Array | string
  /** Where it came from, for the log: never its content. */
  readonly origin: Readonly<Record<string, string | number>>
}

/**
 * What all transports share: translates a message, hands its fragments on, counts, and tells of what cannot be used.
 */
export interface Intake {
  /** Resolves once `handOn` has taken what came of the message. Rejects with `MessageError`, or as `handOn` does. */
  take(message: Message, handOn: (traces: Traces) => Promise<void>): Promise<Translation>
  /** Counts a message that a transport itself had to turn away. */
  turnAway(error: MessageError, origin: Message['origin']): void
}

const logIntervalMs = 60_000

/** Makes the intake of one receiver. */
export function createIntake(
  id: string,
  translate: Translate,
  telemetry: ComponentTelemetry,
  clock: Clock,
): Intake {
  const metrics = createIntakeMetrics(id, telemetry)
  const throttles = new Map<string, LogThrottle>()

  const complain = (reason: string, count: number, origin: Message['origin']): void => {
    let throttle = throttles.get(reason)
    if (throttle === undefined) throttles.set(reason, (throttle = new LogThrottle(clock, logIntervalMs)))
    throttle.run(count, (suppressed) =>
      telemetry.logger.warn('Input was rejected.', { reason, count, ...origin, ...suppressed }),
    )
  }

  const turnAway: Intake['turnAway'] = ({ reason }, origin) => {
    metrics.rejected(reason)
    complain(reason, 1, origin)
  }

  return {
    turnAway,
    async take(message, handOn) {
      const translation = translated(message)
      if (translation.traces.spanCount > 0) await handOn(translation.traces)
      metrics.taken(translation)
      for (const [reason, count] of translation.rejected) complain(reason, count, message.origin)
      return translation
    },
  }

  function translated(message: Message): Translation {
    try {
      return translate(message.body, message)
    } catch (error) {
      if (error instanceof MessageError) turnAway(error, message.origin)
      throw error
    }
  }
}
