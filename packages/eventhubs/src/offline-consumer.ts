import type { OfflineDelivery } from '@spanloom/core'

import type { HubConsumer, HubConsumerOptions } from './consumer.ts'
import type { ReceivedEvent } from './event.ts'

/** A consumer that takes events from whoever tries it out, where there is no network, and else is `inner`. */
export function orOffline(inner: HubConsumer, { clock, onEvents }: HubConsumerOptions): HubConsumer {
  let taken = 0
  let isOffline = false
  return {
    async start(host) {
      if (host.offline === undefined) return inner.start(host)
      isOffline = true
      host.offline.takes('event_hub', (delivery) =>
        onEvents({
          partitionId: '0',
          events: [toEvent(delivery, taken++, clock.now())],
          signal: delivery.signal,
        }),
      )
    },
    shutdown: (signal) => (isOffline ? Promise.resolve() : inner.shutdown(signal)),
  }
}

/** Headers become the properties of the event; `content-type` is what hubs keep apart. */
function toEvent({ body, headers }: OfflineDelivery, number: number, nowMs: number): ReceivedEvent {
  const { 'content-type': contentType, ...rest } = headers
  const properties: Record<string, unknown> = Object.assign(Object.create(null), rest)
  return {
    body,
    partitionId: '0',
    sequenceNumber: number,
    offset: String(number),
    enqueuedTime: nowMs,
    properties,
    ...(contentType === undefined ? {} : { contentType }),
  }
}
