import type { PartitionLog } from '../log/partition-log.ts'
import type { Namespace } from '../namespace.ts'
import { errorCode } from './api.ts'
import type { Handler } from './endpoint.ts'
import { encodeRecords } from './record-batch.ts'
import { recordOfEvent } from './record-events.ts'
import { WireWriter } from './wire-writer.ts'

interface Wanted {
  readonly partition: number
  readonly offset: number
  readonly maxBytes: number
  readonly log: PartitionLog | undefined
}

/** Waiting longer would look like a lost connection. */
const longestWaitMs = 30_000

/** Reads records; waits for some as long as the client says. */
export const fetch: Handler = async ({ version, body, signal }, { namespace }) => {
  body.int32() // Replica.
  const waitMs = Math.min(body.int32(), longestWaitMs)
  body.int32() // Fewest bytes: one event is enough.
  let room = body.int32()
  body.int8() // Isolation of transactions.
  const topics = body.array(() => {
    const name = body.string()
    const hub = namespace.hub(name)
    const partitions = body.array((): Wanted => {
      const partition = body.int32()
      const offset = body.int64()
      if (version >= 5) body.int64() // Where the log of a replica begins.
      return { partition, offset, maxBytes: body.int32(), log: hub?.partition(String(partition)) }
    })
    return { name, partitions }
  })
  const wanted = topics.flatMap(({ partitions }) => partitions)
  if (waitMs > 0 && wanted.every((one) => isUpToDate(one))) await anyEvent(wanted, waitMs, namespace, signal)
  const answer = new WireWriter().int32(0)
  return answer.array(topics, ({ name, partitions }) => {
    answer.string(name).array(partitions, (one) => {
      const records = recordsFor(one, room)
      room -= records.length
      writePartition(answer, one, records, version)
    })
  })
}

function writePartition(
  answer: WireWriter,
  { partition, offset, log }: Wanted,
  records: Buffer,
  version: number,
): void {
  const end = log?.next ?? -1
  answer.int32(partition).int16(errorOf(offset, log)).int64(end).int64(end)
  if (version >= 5) answer.int64(log?.first ?? -1)
  answer.array([], () => undefined).bytes(records)
}

function errorOf(offset: number, log: PartitionLog | undefined): number {
  if (log === undefined) return errorCode.unknownTopicOrPartition
  return offset < log.first || offset > log.next ? errorCode.offsetOutOfRange : errorCode.none
}

function isUpToDate({ log, offset }: Wanted): boolean {
  return log !== undefined && offset === log.next
}

async function anyEvent(
  wanted: readonly Wanted[],
  waitMs: number,
  { clock }: Namespace,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = (): void => resolve()
  const unsubscribe = wanted.map(({ log }) => log?.onAppend(done))
  const timer = clock.schedule(waitMs, done)
  signal.addEventListener('abort', done, { once: true })
  await promise
  signal.removeEventListener('abort', done)
  timer.cancel()
  for (const stop of unsubscribe) stop?.()
}

/** A batch of records from the wanted offset on; the first comes even if it is larger than the room. */
function recordsFor({ log, offset, maxBytes }: Wanted, room: number): Buffer {
  const limit = Math.min(maxBytes, room)
  if (log === undefined || limit <= 0 || offset < log.first) return Buffer.alloc(0)
  const records = []
  let bytes = 0
  for (let entry = log.at(offset); entry !== undefined; entry = log.at(offset + records.length)) {
    bytes += entry.bytes.length
    if (records.length > 0 && bytes > limit) break
    records.push(recordOfEvent(entry))
  }
  return encodeRecords(records)
}
