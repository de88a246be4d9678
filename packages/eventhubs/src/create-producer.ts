import { randomUUID } from 'node:crypto'

import { RetryableError, ShutdownError } from '@spanloom/core'

import { openAmqp } from './amqp/amqp-client.ts'
import { amqpSender } from './amqp/amqp-sender.ts'
import { tokensFor } from './auth/tokens-for.ts'
import type { BatchSender } from './batching/batch-sender.ts'
import { Sending } from './batching/sending.ts'
import { hubTarget } from './connection/hub-target.ts'
import { toHubError } from './errors/hub-error.ts'
import { kafkaSender } from './kafka/kafka-sender.ts'
import type { HubProducer, HubProducerOptions } from './producer.ts'
import { untilAborted } from './signals/until-aborted.ts'
import { producerMetrics } from './telemetry/producer-metrics.ts'

/** Default limit of an operation, in milliseconds; the SDK's own minute hides outages. */
const defaultTimeoutMs = 15_000

/**
 * Makes a producer for the protocol that `config.transport` names.
 *
 * It does not send again by itself: a failed attempt is the business of the queue in front of it.
 */
export function createHubProducer(options: HubProducerOptions): HubProducer {
  const { config, telemetry, clock, timeoutMs = defaultTimeoutMs } = options
  let sender: BatchSender | undefined
  let sending: Sending | undefined
  let closed = false
  const calls = new Set<Promise<void>>()

  const opened = (): Sending => {
    if (closed) throw new ShutdownError()
    if (sending === undefined) throw new RetryableError('HUB_NOT_OPEN', 'The producer is not open.')
    return sending
  }

  return {
    async open() {
      const target = hubTarget(config)
      const metrics = producerMetrics(telemetry.meter, target.hub)
      const tokens = await tokensFor(target, clock)
      const common = {
        target,
        config,
        timeoutMs: timeoutMs || defaultTimeoutMs,
        ...(tokens ? { tokens } : {}),
      }
      sender =
        config.transport === 'kafka'
          ? await kafkaSender({ ...common, onReconnect: metrics.reconnected })
          : amqpSender(
              await openAmqp({ ...common, identifier: `spanloom-${randomUUID()}` }),
              metrics.reconnected,
            )
      sending = new Sending({
        sender,
        metrics,
        clock,
        partitionAssignment: config.partition_assignment,
        batchSize: config.batch_size,
        maxMessageSize: config.max_message_size,
        maxInFlight: config.max_in_flight,
      })
    },
    async maxEventSize() {
      return await opened().maxEventSize()
    },
    async send(events, { signal }) {
      const call = opened().send(events, signal)
      calls.add(call)
      try {
        await call
      } catch (error) {
        throw signal.aborted ? error : toHubError(error)
      } finally {
        calls.delete(call)
      }
    },
    async close(signal) {
      closed = true
      const outcomes = Promise.allSettled(calls)
      await untilAborted(outcomes, signal)
      await sender?.close(signal)
      sender = undefined
    },
  }
}
