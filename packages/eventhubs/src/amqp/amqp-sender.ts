import type { EventData, EventDataBatch, EventHubProducerClient } from '@azure/event-hubs'
import { messageOf, PermanentError, RetryableError } from '@spanloom/core'

import type { BatchSender, Destination, OpenBatch } from '../batching/batch-sender.ts'
import { maskSecrets } from '../errors/hub-error.ts'
import type { OutgoingEvent } from '../event.ts'
import { orAborted } from '../signals/or-aborted.ts'
import type { AmqpHub } from './amqp-client.ts'
import { closeClient } from './close-client.ts'

/** Sends batches over AMQP with the SDK of Azure. */
export function amqpSender({ sockets, producer }: AmqpHub, onReconnect: () => void): BatchSender {
  const client: EventHubProducerClient = producer()
  let limit: number | undefined
  let seen = 0

  // The SDK is given no signal: it would keep each batch for as long as the signal lives.
  const call = async <T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted()
    const { lost } = sockets
    try {
      return await orAborted(orAborted(sockets.run(work), lost), signal)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      // What was sent last may be stored or not; sent again it is there for sure.
      if (lost.aborted)
        throw new RetryableError('HUB_DISCONNECTED', 'The connection to the event hub was lost.')
      // The limit may have changed with the link.
      limit = undefined
      throw error
    } finally {
      if (seen > 0 && sockets.opened > seen) onReconnect()
      seen = sockets.opened
    }
  }

  return {
    choosesPartition: false,
    async limit(signal) {
      limit ??= await call(signal, async () => (await client.createBatch()).maxSizeInBytes)
      return limit
    },
    partitionIds: (signal) => call(signal, () => client.getPartitionIds()),
    async begin(destination, maxBytes, signal) {
      const batch = await call(signal, () =>
        client.createBatch({ ...targetOf(destination), maxSizeInBytes: maxBytes }),
      )
      const open: OpenBatch = {
        get count() {
          return batch.count
        },
        get bytes() {
          return batch.sizeInBytes
        },
        tryAdd: (event) => added(batch, event),
        send: (sendSignal) => call(sendSignal, () => client.sendBatch(batch)),
      }
      return open
    },
    async close(signal) {
      await closeClient(client, sockets, signal)
    },
  }
}

/** @throws PermanentError when the SDK will never take the event, such as with a message id of more than 128 characters. */
function added(batch: EventDataBatch, event: OutgoingEvent): boolean {
  try {
    return batch.tryAdd(toEventData(event))
  } catch (error) {
    throw new PermanentError('EVENT_INVALID', `The event cannot be sent: ${maskSecrets(messageOf(error))}`, {
      grpcStatus: 3,
    })
  }
}

function targetOf(destination: Destination): { partitionKey?: string; partitionId?: string } {
  switch (destination.kind) {
    case 'any':
      return {}
    case 'key':
      return { partitionKey: destination.key }
    case 'partition':
      return { partitionId: destination.id }
  }
}

/** A body that is no `Buffer` would be sent as JSON. */
function toEventData({ body, contentType, messageId, correlationId, properties }: OutgoingEvent): EventData {
  const event: EventData = {
    body: Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
  }
  if (contentType !== undefined) event.contentType = contentType
  if (messageId !== undefined) event.messageId = messageId
  if (correlationId !== undefined) event.correlationId = correlationId
  if (properties !== undefined) event.properties = { ...properties }
  return event
}
