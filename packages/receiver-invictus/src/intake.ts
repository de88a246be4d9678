import { type Clock, type ComponentTelemetry, type KeptInput, LogThrottle, type Traces } from '@spanloom/core'

import { createIntakeMetrics } from './intake-metrics.ts'
import type { MessageContext } from './message-context.ts'
import { keepElements, keepMessage } from './rejected-input.ts'
import { MessageError, type MessageReason, type Translate, type Translation } from './translate.ts'

/** A message as a transport got it. */
export interface Message extends MessageContext {
  readonly body: Uint8Array | string
  /** Where it came from, for the log: never its content. */
  readonly origin: Readonly<Record<string, string | number>>
}

/**
 * What all transports share: translates a message, hands its fragments on, counts, tells of what cannot be used and
 * keeps it aside.
 */
export interface Intake {
  /** Resolves once `handOn` has taken what came of the message. Rejects with `MessageError`, or as `handOn` does. */
  take(message: Message, handOn: (traces: Traces) => Promise<void>): Promise<Translation>
  /** The translation of a message, or why there is none. */
  translate(message: Message): Translation | MessageError
  /** The pipeline took what came of a message: counts it, tells of the events that could not be used and keeps them. */
  settle(message: Message, translation: Translation): Promise<void>
  /** Counts a message that cannot be used at all, or that a transport itself had to turn away. */
  turnAway(error: Pick<MessageError, 'reason'>, origin: Message['origin']): void
  /** The same of a message that nobody else has any more, so that it is kept aside. */
  giveUp(error: MessageError | Refusal, message: Message): Promise<void>
}

/** The pipeline will never take what came of a message. */
export interface Refusal {
  readonly reason: MessageReason
  readonly cause: unknown
}

const logIntervalMs = 60_000

/** Makes the intake of one receiver. */
export function createIntake(
  id: string,
  translate: Translate,
  telemetry: ComponentTelemetry,
  clock: Clock,
  kept: KeptInput,
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

  const settle: Intake['settle'] = async (message, translation) => {
    // First on disk: a sender that comes again because there was no room must not be counted twice.
    await keepElements(kept, message, translation)
    metrics.taken(translation)
    for (const [reason, count] of translation.rejected) complain(reason, count, message.origin)
  }

  const translated: Intake['translate'] = (message) => {
    try {
      return translate(message.body, message)
    } catch (error) {
      if (error instanceof MessageError) return error
      throw error
    }
  }

  return {
    turnAway,
    settle,
    translate: translated,
    async take(message, handOn) {
      const translation = translated(message)
      if (translation instanceof MessageError) {
        turnAway(translation, message.origin)
        throw translation
      }
      if (translation.traces.spanCount > 0) await handOn(translation.traces)
      // A sender that is told that nothing was of use keeps what it has.
      if (translation.accepted > 0) await settle(message, translation)
      else await settle(message, { ...translation, rejectedElements: new Map() })
      return translation
    },
    async giveUp(error, message) {
      await keepMessage(kept, message, error)
      turnAway(error, message.origin)
    },
  }
}
