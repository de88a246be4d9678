import { randomUUID } from 'node:crypto'

import type { MessageToProduce, Producer } from '@platformatic/kafka'

import type { BatchSender, Destination, OpenBatch } from '../batching/batch-sender.ts'
import type { OutgoingEvent } from '../event.ts'
import { orAborted } from '../signals/or-aborted.ts'
import { untilAborted } from '../signals/until-aborted.ts'
import { kafkaClientOptions, loadKafka, type KafkaOptions } from './kafka-client.ts'
import { toKafkaHeaders } from './kafka-headers.ts'

/** What a Kafka sender is made with. */
export interface KafkaSenderOptions extends KafkaOptions {
  readonly onReconnect: () => void
}

/** The endpoint takes requests below 1 046 528 bytes. */
const requestLimit = 1_000_000
/** Lengths, deltas and attributes of a record, at most. */
const recordOverhead = 40

/** Sends batches over the Kafka endpoint; the partition of a key is the one that AMQP would give it. */
export async function kafkaSender(options: KafkaSenderOptions): Promise<BatchSender> {
  const { Producer: ProducerOf } = await loadKafka()
  const base = await kafkaClientOptions(options, `spanloom-${randomUUID()}`)
  const producer: Producer = new ProducerOf(base)
  const topic = options.target.hub
  let connected = false
  let lost = false
  let turn = 0
  // A client that reports a fault to nobody would end the process.
  producer.on('error', () => undefined)
  producer.on('client:broker:connect', () => {
    if (connected && lost) options.onReconnect()
    connected = true
    lost = false
  })
  producer.on('client:broker:disconnect', () => {
    lost = true
  })

  const partitionIds = async (): Promise<readonly string[]> => {
    const metadata = await producer.metadata({ topics: [topic] })
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0
    return Array.from({ length: count }, (_, index) => String(index))
  }

  return {
    choosesPartition: true,
    limit: () => Promise.resolve(requestLimit),
    partitionIds: (signal) => orAborted(partitionIds(), signal),
    async begin(destination, maxBytes, signal) {
      const partition = await partitionOf(destination, async () => {
        const ids = await orAborted(partitionIds(), signal)
        return turn++ % Math.max(1, ids.length)
      })
      return openBatch(maxBytes, partition, topic, (messages, sendSignal) =>
        orAborted(producer.send({ messages, acks: -1 }), sendSignal),
      )
    },
    async close(signal) {
      await untilAborted(
        producer.close().catch(() => undefined),
        signal,
      )
    },
  }
}

async function partitionOf(destination: Destination, any: () => Promise<number>): Promise<number> {
  return destination.kind === 'partition' ? Number(destination.id) : await any()
}

function openBatch(
  maxBytes: number,
  partition: number,
  topic: string,
  send: (messages: MessageToProduce[], signal: AbortSignal) => Promise<unknown>,
): OpenBatch {
  const messages: MessageToProduce[] = []
  let bytes = 128
  return {
    get count() {
      return messages.length
    },
    get bytes() {
      return bytes
    },
    tryAdd(event) {
      const message = toMessage(event, topic, partition)
      const size = sizeOf(message)
      if (bytes + size > maxBytes) return false
      bytes += size
      messages.push(message)
      return true
    },
    async send(signal) {
      await send(messages, signal)
    },
  }
}

function toMessage(event: OutgoingEvent, topic: string, partition: number): MessageToProduce {
  const { body, partitionKey } = event
  return {
    topic,
    partition,
    value: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    headers: toKafkaHeaders(event),
    ...(partitionKey === undefined ? {} : { key: Buffer.from(partitionKey) }),
  }
}

function sizeOf({ key, value, headers }: MessageToProduce): number {
  let size = recordOverhead + (key?.byteLength ?? 0) + (value?.byteLength ?? 0)
  if (headers instanceof Map)
    for (const [name, content] of headers) size += name.byteLength + content.byteLength + 10
  return size
}
