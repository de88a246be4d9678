import rhea from 'rhea'

import type { Hub } from '../log/hub.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Namespace } from '../namespace.ts'
import { answer, type Grants } from './cbs.ts'
import { condition } from './condition.ts'
import { type AmqpMessage, applicationProperties, textOf } from './library.ts'

const { types } = rhea

/** Type code of a short string, the element type of the list of partition ids. */
const stringCode = 0xa1

/** Answers READ of a hub or a partition (eventhubs.md 3.3). */
export function answerManagement(request: AmqpMessage, grants: Grants, namespace: Namespace): AmqpMessage {
  const fault = namespace.faults.management.take()
  if (fault !== undefined)
    return failed(request, fault.status, fault.error.condition, fault.error.description)
  const properties = applicationProperties(request)
  const name = properties.get('name')
  if (properties.get('operation') !== 'READ' || typeof name !== 'string') {
    return failed(
      request,
      400,
      'amqp:not-implemented',
      'The only operation is READ, with the hub in the property "name".',
    )
  }
  if (!grants.admits(`${name}/$management`, namespace.clock.now())) {
    const { condition: code, description } = condition.unauthorized(`${name}/$management`)
    return failed(request, 401, code, description)
  }
  const hub = namespace.hub(name)
  if (hub === undefined) return missing(request, name)
  const type = properties.get('type')
  if (type === 'com.microsoft:eventhub') return answer(request, 200, 'OK', hubInfo(hub))
  if (type !== 'com.microsoft:partition') {
    return failed(
      request,
      400,
      'amqp:not-implemented',
      'The types are com.microsoft:eventhub and com.microsoft:partition.',
    )
  }
  const id = textOf(properties.get('partition')) ?? ''
  const partition = hub.partition(id)
  if (partition !== undefined) return answer(request, 200, 'OK', partitionInfo(hub, partition))
  return failed(
    request,
    400,
    'com.microsoft:argument-out-of-range',
    `The specified partition is invalid for an EventHub partition sender or receiver. It should be between 0 and ${hub.partitions.length - 1}.`,
  )
}

function missing(request: AmqpMessage, name: string): AmqpMessage {
  return failed(request, 404, 'amqp:not-found', `The messaging entity '${name}' could not be found.`)
}

function failed(request: AmqpMessage, status: number, condition: string, description: string): AmqpMessage {
  return answer(request, status, description, undefined, { 'error-condition': condition })
}

function hubInfo(hub: Hub): object {
  return {
    name: hub.name,
    type: 'com.microsoft:eventhub',
    created_at: types.wrap_timestamp(hub.createdAt),
    partition_count: types.wrap_int(hub.partitions.length),
    partition_ids: types.wrap_array(
      hub.partitions.map(({ id }) => id),
      stringCode,
      undefined,
    ),
    georeplication_factor: types.wrap_int(1),
  }
}

function partitionInfo(hub: Hub, partition: PartitionLog): object {
  const last = partition.last
  return {
    name: hub.name,
    type: 'com.microsoft:partition',
    partition: partition.id,
    begin_sequence_number: types.wrap_long(partition.first),
    last_enqueued_sequence_number: types.wrap_long(partition.next - 1),
    last_enqueued_offset: last === undefined ? '-1' : String(last.offset),
    last_enqueued_time_utc: types.wrap_timestamp(last?.enqueuedTime ?? 0),
    is_partition_empty: last === undefined,
  }
}
