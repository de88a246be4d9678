import { errorCode } from './api.ts'
import type { Handler } from './endpoint.ts'
import { WireWriter } from './wire-writer.ts'

const latest = -1
const earliest = -2

/** Finds offsets by time. */
export const listOffsets: Handler = ({ version, body }, { namespace }) => {
  body.int32() // Replica.
  if (version >= 2) body.int8() // Isolation of transactions.
  const topics = body.array(() => ({
    name: body.string(),
    partitions: body.array(() => ({ partition: body.int32(), timestamp: body.int64() })),
  }))
  const answer = new WireWriter()
  if (version >= 2) answer.int32(0)
  return answer.array(topics, ({ name, partitions }) => {
    answer.string(name).array(partitions, ({ partition, timestamp }) => {
      const log = namespace.hub(name)?.partition(String(partition))
      if (log === undefined) {
        answer.int32(partition).int16(errorCode.unknownTopicOrPartition).int64(-1).int64(-1)
        return
      }
      answer.int32(partition).int16(errorCode.none)
      if (timestamp === latest) answer.int64(-1).int64(log.next)
      else if (timestamp === earliest) answer.int64(-1).int64(log.first)
      else {
        const found = log.at(log.findFirst(({ enqueuedTime }) => enqueuedTime >= timestamp))
        answer.int64(found?.enqueuedTime ?? -1).int64(found?.sequenceNumber ?? -1)
      }
    })
  })
}

/** Keeps offsets of a group. */
export const offsetCommit: Handler = ({ version, body }, { namespace, coordinator }) => {
  const groupId = body.string()
  const generation = body.int32()
  const memberId = body.string()
  if (version <= 4) body.int64() // How long to keep them.
  const group = coordinator.group(groupId)
  const refusal = group?.mayCommit(memberId, generation) ?? errorCode.policyViolation
  const topics = body.array(() => ({
    name: body.string(),
    partitions: body.array(() => ({
      partition: body.int32(),
      offset: body.int64(),
      metadata: body.nullableString(),
    })),
  }))
  const answer = new WireWriter()
  if (version >= 3) answer.int32(0)
  return answer.array(topics, ({ name, partitions }) => {
    const hub = namespace.hub(name)
    answer.string(name).array(partitions, ({ partition, offset, metadata }) => {
      const isKnown = hub?.partition(String(partition)) !== undefined
      const error = isKnown ? refusal : errorCode.unknownTopicOrPartition
      if (error === errorCode.none) coordinator.commit(groupId, name, partition, { offset, metadata })
      answer.int32(partition).int16(error)
    })
  })
}

/** Tells offsets of a group, −1 where there is none. */
export const offsetFetch: Handler = ({ version, body }, { namespace, coordinator }) => {
  const groupId = body.string()
  const asked = body.nullableArray(() => ({
    name: body.string(),
    partitions: body.array(() => body.int32()),
  }))
  const topics =
    asked ??
    [...namespace.hubs.values()].map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ id }) => Number(id)),
    }))
  const answer = new WireWriter()
  if (version >= 3) answer.int32(0)
  answer.array(topics, ({ name, partitions }) => {
    answer.string(name).array(partitions, (partition) => {
      const committed = coordinator.committed(groupId, name, partition)
      answer.int32(partition).int64(committed?.offset ?? -1)
      answer.string(committed?.metadata ?? '').int16(errorCode.none)
    })
  })
  return version >= 2 ? answer.int16(errorCode.none) : answer
}
