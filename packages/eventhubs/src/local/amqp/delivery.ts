import type { Sender } from 'rhea'

import type { LogEntry, PartitionLog } from '../log/partition-log.ts'
import { annotation, annotationsSection } from './annotations.ts'
import { internalsOf } from './library.ts'
import { sectionCode } from './sections.ts'

/** How a reader is served. */
export interface DeliveryOptions {
  readonly log: PartitionLog
  /** Sequence number to begin with. */
  readonly from: number
  /** Adds delivery annotations that tell the end of the partition (eventhubs.md 3.5). */
  readonly runtimeMetric: boolean
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Encoded messages that may wait in a link for the peer's session window. */
const maxWaiting = 2000

/**
 * Delivers a partition over a link, as fast as the peer grants credit, until the returned function is
 * called.
 *
 * It begins a turn of the event loop later: when attach and flow of a peer come in one segment, a
 * transfer that is sent at once would leave before the answer to the attach.
 */
export function deliverEvents(link: Sender, options: DeliveryOptions): () => void {
  const { log, runtimeMetric, now } = options
  let next = options.from
  let handedOver = 0
  let scheduled = false
  let stopped = false

  const pump = (): void => {
    scheduled = false
    if (stopped || !link.is_open()) return
    // Draining moves the library's count forward without a delivery.
    handedOver = Math.max(handedOver, internalsOf(link).delivery_count)
    let room = Math.min(
      internalsOf(link).credit - (handedOver - internalsOf(link).delivery_count),
      maxWaiting,
    )
    next = Math.max(next, log.first)
    for (let entry = log.at(next); entry !== undefined && room > 0 && link.sendable(); entry = log.at(next)) {
      link.send(runtimeMetric ? withEndOfPartition(entry, log, now()) : entry.bytes, undefined, 0)
      next += 1
      handedOver += 1
      room -= 1
    }
    if (log.at(next) === undefined) {
      link.set_drained(true)
      link.connection['_register']()
    } else if (room > 0) wake()
  }
  const wake = (): void => {
    if (scheduled || stopped) return
    scheduled = true
    setImmediate(pump)
  }
  const unsubscribe = log.onAppend(wake)
  for (const event of ['sender_flow', 'sendable', 'settled']) link.on(event, wake)
  wake()
  return () => {
    stopped = true
    unsubscribe()
  }
}

function withEndOfPartition({ bytes, headerEnd }: LogEntry, log: PartitionLog, now: number): Buffer {
  const annotations = annotationsSection(sectionCode.deliveryAnnotations, [
    annotation.long('last_enqueued_sequence_number', log.next - 1),
    annotation.text('last_enqueued_offset', String(log.last?.offset ?? -1)),
    annotation.timestamp('last_enqueued_time_utc', log.last?.enqueuedTime ?? 0),
    annotation.timestamp('runtime_info_retrieval_time_utc', now),
  ])
  return Buffer.concat([bytes.subarray(0, headerEnd), annotations, bytes.subarray(headerEnd)])
}
