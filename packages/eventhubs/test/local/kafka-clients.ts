import {
  type BaseOptions,
  Consumer,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'

import type { LocalEventHubs } from '../../src/local/index.ts'
import { startHubs } from './start-hubs.ts'

/** Starts a stand-in that Kafka clients reach. */
export function kafkaHubs(options: Parameters<typeof startHubs>[0] = {}): Promise<LocalEventHubs> {
  return startHubs({ kafkaPort: 0, ...options })
}

/** Options of a client that may do everything. */
export function clientOptions(hubs: LocalEventHubs, password: string = hubs.connectionString()): BaseOptions {
  return {
    clientId: 'test',
    bootstrapBrokers: [`localhost:${hubs.kafkaPort}`],
    sasl: { mechanism: 'PLAIN', username: '$ConnectionString', password },
    retries: 0,
    connectTimeout: 5_000,
  }
}

export type TextProducer = Producer<string, string, string, string>

/** A producer that is closed at the end of its scope. */
export function producerTo(hubs: LocalEventHubs, options: object = {}): TextProducer & AsyncDisposable {
  const producer = new Producer({
    ...clientOptions(hubs),
    serializers: stringSerializers,
    autocreateTopics: false,
    ...options,
  })
  producer.on('error', () => undefined)
  return Object.assign(producer, { [Symbol.asyncDispose]: () => producer.close() })
}

/** A member of a consumer group. */
export interface Group extends AsyncDisposable {
  readonly lines: string[]
  readonly partitions: () => number[]
}

/** Joins a consumer group with a member that commits everything it gets. */
export async function join(hubs: LocalEventHubs, groupId: string): Promise<Group> {
  const consumer = new Consumer({
    ...clientOptions(hubs),
    groupId,
    deserializers: stringDeserializers,
    sessionTimeout: 6_000,
    heartbeatInterval: 100,
    rebalanceTimeout: 6_000,
    maxWaitTime: 200,
  })
  consumer.on('error', () => undefined)
  const lines: string[] = []
  const stream = await consumer.consume({
    topics: ['flows'],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
  })
  stream.on('error', () => undefined)
  stream.on('data', (message) => {
    lines.push(`${message.partition}/${message.offset} ${message.key} ${message.value}`)
    void message.commit()
  })
  return {
    lines,
    partitions: () => [...(consumer.assignments ?? [])].flatMap(({ partitions }) => partitions),
    async [Symbol.asyncDispose]() {
      await consumer.close(true)
    },
  }
}

/** Names of the errors of the protocol in what a promise is rejected with, without repetition. */
export async function apiErrors(work: Promise<unknown>): Promise<string[]> {
  const failure: unknown = await work.catch((error: unknown) => error)
  return [...new Set(namesIn(failure))]
}

function namesIn(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const own = 'apiId' in error && typeof error.apiId === 'string' ? [error.apiId] : []
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  return [...own, ...[...inner, error.cause].flatMap((each: unknown) => namesIn(each))]
}
