import type { Hub } from '../log/hub.ts'
import { api, errorCode } from './api.ts'
import type { Handler } from './endpoint.ts'
import { WireWriter } from './wire-writer.ts'

/** Number of the one broker that the endpoint pretends to be. */
export const brokerId = 0

/** Tells which requests are answered, and in which versions. */
export const apiVersions: Handler = ({ version }) => {
  // A newer client is told the range in the oldest form, which all understand.
  const isKnown = version <= api.apiVersions.max
  const answer = new WireWriter().int16(isKnown ? errorCode.none : errorCode.unsupportedVersion)
  answer.array(Object.values(api), ({ key, min, max }) => answer.int16(key).int16(min).int16(max))
  return isKnown && version >= 1 ? answer.int32(0) : answer
}

/** Tells about hubs, which are topics here. */
export const metadata: Handler = ({ version, body }, { namespace, advertised }) => {
  const names = body.nullableArray(() => body.string())
  const wantsAll = names === null || (version === 0 && names.length === 0)
  const hubs = wantsAll ? [...namespace.hubs.values()].map(({ name }) => name) : names
  const answer = new WireWriter()
  if (version >= 3) answer.int32(0)
  answer.array([advertised], ({ host, port }) => {
    answer.int32(brokerId).string(host).int32(port)
    if (version >= 1) answer.string(null)
  })
  if (version >= 2) answer.string('local-event-hubs')
  if (version >= 1) answer.int32(brokerId)
  return answer.array(hubs, (name) => {
    const hub = namespace.hub(name)
    answer.int16(hub === undefined ? errorCode.unknownTopicOrPartition : errorCode.none).string(name)
    if (version >= 1) answer.bool(false)
    writePartitions(answer, hub, version)
  })
}

function writePartitions(answer: WireWriter, hub: Hub | undefined, version: number): void {
  answer.array(hub?.partitions ?? [], ({ id }) => {
    answer.int16(errorCode.none).int32(Number(id)).int32(brokerId)
    for (const brokers of [[brokerId], [brokerId]]) answer.array(brokers, (broker) => answer.int32(broker))
    if (version >= 5) answer.array([], () => undefined)
  })
}

/** Tells where a group is coordinated: here. */
export const findCoordinator: Handler = ({ version }, { advertised }) => {
  const answer = new WireWriter()
  if (version >= 1) answer.int32(0)
  answer.int16(errorCode.none)
  if (version >= 1) answer.string(null)
  return answer.int32(brokerId).string(advertised.host).int32(advertised.port)
}
