import type { ComponentTelemetry } from '@spanloom/core'

import type { RejectReason } from './event-model.ts'
import type { MessageReason, Translation } from './translate.ts'

/** Counts what the intakes of one receiver see (`invictus.md` chapter 11). */
export interface IntakeMetrics {
  /** A message that was understood, once the pipeline took what came of it. */
  taken(translation: Translation): void
  /** A message that was not. */
  rejected(reason: MessageReason): void
}

const eventReasons: readonly RejectReason[] = [
  'not_an_object',
  'no_chain_id',
  'no_step',
  'no_step_id',
  'no_step_status',
  'too_deep',
]
const messageReasons: readonly MessageReason[] = [
  'not_json',
  'too_many_events',
  'too_large',
  'not_gzip',
  'refused',
]

/** Makes the counters; they all show 0 from the start (TEL-11). */
export function createIntakeMetrics(id: string, { meter, accounting }: ComponentTelemetry): IntakeMetrics {
  const receiver = { receiver: id }
  const counter = (
    name: string,
    description: string,
    unit: string,
  ): ((count: number, extra?: Readonly<Record<string, string>>) => void) => {
    const instrument = meter.createCounter(`otelcol_receiver_invictus_${name}`, { description, unit })
    return (count, extra) => instrument.add(count, { ...receiver, ...extra })
  }
  const events = counter('events', 'Events received, rejected ones included.', '{event}')
  const rejectedEvents = counter('rejected_events', 'Events that could not be used.', '{event}')
  const rejectedMessages = counter(
    'rejected_messages',
    'Messages that could not be used at all.',
    '{message}',
  )
  const unknownStatuses = counter(
    'unknown_statuses',
    'Events with a status that Invictus does not know.',
    '{event}',
  )
  const invalidTimes = counter('invalid_times', 'Events without a time that can be read.', '{event}')
  const zeroChainIds = counter('zero_chain_ids', 'Events whose chain id is a GUID of zeros.', '{event}')
  for (const add of [events, unknownStatuses, invalidTimes, zeroChainIds]) add(0)
  for (const reason of eventReasons) rejectedEvents(0, { reason })
  for (const reason of messageReasons) rejectedMessages(0, { reason })

  return {
    taken(translation) {
      events(translation.accepted + translation.rejectedCount)
      unknownStatuses(translation.unknownStatuses)
      invalidTimes(translation.invalidTimes)
      zeroChainIds(translation.zeroChainIds)
      for (const [reason, count] of translation.rejected) {
        rejectedEvents(count, { reason })
        accounting.dropped(count, reason)
      }
      if (translation.merged > 0) accounting.merged(translation.merged)
    },
    rejected(reason) {
      rejectedMessages(1, { reason })
    },
  }
}
