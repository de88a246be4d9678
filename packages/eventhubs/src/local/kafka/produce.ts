import { setImmediate as turn } from 'node:timers/promises'

import { sleep } from '@spanloom/core'

import { MalformedMessage } from '../amqp/malformed-message.ts'
import type { Namespace } from '../namespace.ts'
import { errorCode } from './api.ts'
import type { Handler } from './endpoint.ts'
import { decodeRecords, UnsupportedCompression } from './record-batch.ts'
import { eventOfRecord } from './record-events.ts'
import { MalformedRequest } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

interface Outcome {
  readonly partition: number
  readonly error: number
  readonly offset: number
  readonly first: number
}

/** The connection ends without an answer to what was stored. */
export class LostOutcome extends Error {}

/** Stores records. */
export const produce: Handler = async ({ version, body, signal }, { namespace }) => {
  body.nullableString() // Transactions are not known.
  const acknowledgements = body.int16()
  body.int32() // How long to wait for replicas.
  const topics = body.array(() => {
    const name = body.string()
    const partitions = body.array(() => store(namespace, name, body.int32(), body.nullableBytes()))
    return { name, partitions }
  })
  const isStored = topics.some(({ partitions }) => partitions.some(({ error }) => error === errorCode.none))
  if (isStored && namespace.faults.lostOutcomes.take() === true) throw new LostOutcome()
  const delay = namespace.faults.outcomeDelays.take()
  if (delay !== undefined) await sleep(namespace.clock, delay, signal)
  // Readers of the same connection get a chance between two sends.
  else await turn()
  if (acknowledgements === 0) return undefined
  const answer = new WireWriter()
  answer.array(topics, ({ name, partitions }) => {
    answer.string(name).array(partitions, ({ partition, error, offset, first }) => {
      answer.int32(partition).int16(error).int64(offset).int64(-1)
      if (version >= 5) answer.int64(first)
    })
  })
  return answer.int32(0)
}

function store(namespace: Namespace, hubName: string, partition: number, records: Buffer | null): Outcome {
  const refused = (error: number): Outcome => ({ partition, error, offset: -1, first: -1 })
  const log = namespace.hub(hubName)?.partition(String(partition))
  if (log === undefined) return refused(errorCode.unknownTopicOrPartition)
  const bytes = records ?? Buffer.alloc(0)
  if (bytes.length > namespace.maxMessageSize) return refused(errorCode.messageTooLarge)
  const fault = namespace.faults.sends.take()
  if (fault !== undefined) return refused(errorOf(fault.condition))
  try {
    const events = decodeRecords(bytes, namespace.maxMessageSize * 2).map((record) => eventOfRecord(record))
    const offset = log.next
    log.append(events)
    return { partition, error: errorCode.none, offset, first: log.first }
  } catch (error) {
    if (error instanceof UnsupportedCompression) return refused(errorCode.unsupportedCompressionType)
    if (error instanceof MalformedRequest || error instanceof MalformedMessage)
      return refused(errorCode.corruptMessage)
    throw error
  }
}

/** The error that a Kafka client sees where an AMQP client sees a condition (eventhubs.md, section 10). */
function errorOf(condition: string): number {
  if (condition === 'com.microsoft:server-busy') return errorCode.policyViolation
  return condition === 'amqp:link:message-size-exceeded'
    ? errorCode.messageTooLarge
    : errorCode.unknownServerError
}
