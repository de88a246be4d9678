import type { Delivery, EventContext, Receiver } from 'rhea'

import type { Hub } from '../log/hub.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Namespace } from '../namespace.ts'
import { type AmqpCondition, condition } from './condition.ts'
import { MalformedMessage } from './malformed-message.ts'
import { batchFormat, rawMessage } from './raw-messages.ts'
import { messagesOfBatch } from './sections.ts'
import { partitionKeyOf } from './stored-message.ts'

/** Sends that a link may have under way. */
const linkCredit = 300

/** Takes what a client sends to a hub, or to one partition of it, and answers each send (eventhubs.md 3.4). */
export function takeEvents(
  link: Receiver,
  hub: Hub,
  partition: PartitionLog | undefined,
  namespace: Namespace,
): void {
  const { faults, clock, maxMessageSize } = namespace
  link.add_credit(linkCredit)
  link.on('message', (context: EventContext) => {
    const { delivery } = context
    // What still comes over a link that was detached is lost, as at the service.
    if (delivery === undefined || !link.is_open()) return
    const message = rawMessage(context)
    const refusal = faults.sends.take() ?? store(message, isBatch(context), hub, partition, maxMessageSize)
    if (refusal === undefined && faults.lostOutcomes.take() === true) {
      destroy(link)
      return
    }
    const answer = (): void => settle(link, delivery, refusal)
    const delay = faults.outcomeDelays.take()
    if (delay === undefined) answer()
    else clock.schedule(delay, answer)
  })
}

function store(
  message: Buffer,
  isBatchMessage: boolean,
  hub: Hub,
  partition: PartitionLog | undefined,
  limit: number,
): AmqpCondition | undefined {
  if (message.length > limit) return condition.tooLarge(message.length, limit)
  try {
    const key = partitionKeyOf(message)
    if (key !== undefined && partition !== undefined) {
      return condition.notAllowed('A partition key is not allowed on a link to one partition.')
    }
    const target = partition ?? hub.choose(key)
    target.append(isBatchMessage ? messagesOfBatch(message) : [message])
    return undefined
  } catch (error) {
    if (error instanceof MalformedMessage) return condition.malformed(error.message)
    throw error
  }
}

function settle(link: Receiver, delivery: Delivery, refusal: AmqpCondition | undefined): void {
  // The link may have gone while the outcome was delayed.
  if (!link.is_open()) return
  if (refusal === undefined) delivery.accept()
  else delivery.reject(refusal)
  link.add_credit(1)
}

function isBatch(context: EventContext): boolean {
  return 'format' in context && context.format === batchFormat
}

function destroy(link: Receiver): void {
  const { socket } = link.connection
  socket.destroy()
}
