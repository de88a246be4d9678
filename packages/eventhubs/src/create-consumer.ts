import { AmqpConsumer } from './amqp/amqp-consumer.ts'
import type { HubConsumer, HubConsumerOptions } from './consumer.ts'
import { KafkaConsumer } from './kafka/kafka-consumer.ts'
import { orOffline } from './offline-consumer.ts'

/** Makes a consumer for the protocol that `config.transport` names. */
export function createHubConsumer(options: HubConsumerOptions): HubConsumer {
  const consumer =
    options.config.transport === 'kafka' ? new KafkaConsumer(options) : new AmqpConsumer(options)
  return orOffline(consumer, options)
}
