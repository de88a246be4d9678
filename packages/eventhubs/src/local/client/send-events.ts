import type { EventDataBatch, EventHubProducerClient } from '@azure/event-hubs'
import { SpanloomError } from '@spanloom/core'

import { clientError, connectionStringOf, type HubAccess, patience } from './hub-access.ts'

/** What to send, and where. */
export interface SendEventsOptions extends HubAccess {
  readonly events: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Partition key of all events; not together with `partition`. */
  readonly partitionKey?: string | undefined
  /** Partition that all events go to. */
  readonly partition?: string | undefined
  /** The property `content-type` of all events. */
  readonly contentType?: string | undefined
}

/** Sends bodies to a hub in as few batches as the hub's limit allows; resolves with their number. */
export async function sendEvents(options: SendEventsOptions): Promise<number> {
  const { events, partitionKey, partition, contentType } = options
  const connectionString = connectionStringOf(options)
  const { EventHubProducerClient: Client } = await import('@azure/event-hubs')
  const client = new Client(connectionString, patience)
  try {
    const target = {
      ...(partitionKey !== undefined && { partitionKey }),
      ...(partition !== undefined && { partitionId: partition }),
    }
    const packing = new Packing(client, target)
    for await (const body of events) {
      await packing.add({ body: Buffer.from(body), ...(contentType !== undefined && { contentType }) })
    }
    return await packing.finish()
  } catch (error) {
    throw clientError(error)
  } finally {
    await client.close()
  }
}

class Packing {
  readonly #client: EventHubProducerClient
  readonly #target: { partitionKey?: string; partitionId?: string }
  #batch: EventDataBatch | undefined
  #count = 0

  constructor(client: EventHubProducerClient, target: { partitionKey?: string; partitionId?: string }) {
    this.#client = client
    this.#target = target
  }

  async add(event: { readonly body: Buffer; readonly contentType?: string }): Promise<void> {
    this.#batch ??= await this.#client.createBatch(this.#target)
    if (!this.#batch.tryAdd(event)) {
      await this.#flush()
      this.#batch = await this.#client.createBatch(this.#target)
      if (!this.#batch.tryAdd(event)) {
        throw new SpanloomError(
          'EVENT_TOO_LARGE',
          `event ${this.#count + 1} has ${event.body.length} bytes, more than the hub takes (${this.#batch.maxSizeInBytes} with its envelope); the events before it are sent`,
        )
      }
    }
    this.#count += 1
  }

  async finish(): Promise<number> {
    await this.#flush()
    return this.#count
  }

  async #flush(): Promise<void> {
    if (this.#batch !== undefined && this.#batch.count > 0) await this.#client.sendBatch(this.#batch)
    this.#batch = undefined
  }
}
