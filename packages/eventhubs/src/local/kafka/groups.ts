import { errorCode } from './api.ts'
import type { Handler } from './endpoint.ts'
import { WireWriter } from './wire-writer.ts'

/** Longest session that a client may ask for, as at the service. */
const longestSessionMs = 300_000

/** Joins a group. */
export const joinGroup: Handler = async ({ version, clientId, body }, { coordinator }) => {
  const group = coordinator.group(body.string())
  const sessionTimeoutMs = Math.min(Math.max(body.int32(), 1), longestSessionMs)
  const rebalanceTimeoutMs = Math.min(Math.max(body.int32(), 1), longestSessionMs)
  const memberId = body.string()
  if (version >= 5) body.nullableString() // Static membership is not known.
  body.string() // Kind of protocol.
  const protocols = body.array(() => ({
    name: body.string(),
    metadata: body.nullableBytes() ?? Buffer.alloc(0),
  }))
  const result = await group?.join({
    memberId,
    clientId,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    protocols,
    needsMemberId: version >= 4,
  })
  const answer = new WireWriter().int32(0)
  answer.int16(result?.error ?? errorCode.policyViolation).int32(result?.generation ?? -1)
  answer
    .string(result?.protocol ?? '')
    .string(result?.leader ?? '')
    .string(result?.memberId ?? memberId)
  return answer.array(result?.members ?? [], ({ id, metadata }) => {
    answer.string(id)
    if (version >= 5) answer.string(null)
    answer.bytes(metadata)
  })
}

/** Hands the leader's assignments out to the members. */
export const syncGroup: Handler = async ({ version, body }, { coordinator }) => {
  const group = coordinator.group(body.string())
  const generation = body.int32()
  const memberId = body.string()
  if (version >= 3) body.nullableString()
  const assignments = new Map(
    body.array(() => [body.string(), body.nullableBytes() ?? Buffer.alloc(0)] as const),
  )
  const result = await group?.sync(memberId, generation, assignments)
  const answer = new WireWriter()
  if (version >= 1) answer.int32(0)
  return answer.int16(result?.error ?? errorCode.policyViolation).bytes(result?.assignment ?? Buffer.alloc(0))
}

/** Keeps a member alive, and tells it to join again when it has to. */
export const heartbeat: Handler = ({ version, body }, { coordinator }) => {
  const group = coordinator.group(body.string())
  const generation = body.int32()
  const answer = new WireWriter()
  if (version >= 1) answer.int32(0)
  return answer.int16(group?.heartbeat(body.string(), generation) ?? errorCode.policyViolation)
}

/** Leaves a group. */
export const leaveGroup: Handler = ({ version, body }, { coordinator }) => {
  const group = coordinator.group(body.string())
  const answer = new WireWriter()
  if (version >= 1) answer.int32(0)
  return answer.int16(group?.leave(body.string()) ?? errorCode.policyViolation)
}
