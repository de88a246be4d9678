import { testReceiverContract } from '@spanloom/core/testing'
import { MemoryPartition } from '@spanloom/eventhubs/testing'
import { cloudEventsReceiver } from '@spanloom/receiver-cloudevents'
import { describe } from 'vitest'

import { defineCloudEventsReceiver } from '../src/receiver.ts'
import { rawRequest } from './raw-request.ts'

describe('over HTTP', () => {
  testReceiverContract(cloudEventsReceiver, {
    config: { http: { endpoint: '127.0.0.1:0' } },
    async send({ url }, number) {
      const { status } = await rawRequest(new URL('/events', url), {
        headers: [
          ['ce-id', `e-${number}`],
          ['ce-source', '/shop'],
          ['ce-type', 'order.created'],
          ['ce-specversion', '1.0'],
        ],
        body: '{}',
      })
      return status === 202 ? 'accepted' : status === 503 || status === 429 ? 'retry' : 'rejected'
    },
  })
})

describe('from a hub', () => {
  let partition = new MemoryPartition()
  const factory = defineCloudEventsReceiver((options) => {
    partition = new MemoryPartition()
    return partition.consumer(options)
  })
  const connection =
    'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0;EntityPath=hub'
  // A span begins when its event is received, and the contract wants equal spans at different times.
  const timeless: typeof factory = {
    ...factory,
    create: (options) =>
      factory.create({ ...options, clock: { ...options.clock, now: () => 1_768_471_200_000 } }),
  }
  testReceiverContract(timeless, {
    config: { event_hub: { connection } },
    fetches: true,
    send(_receiver, number) {
      const event = { specversion: '1.0', id: `e-${number}`, source: '/shop', type: 'order.created' }
      partition.append(JSON.stringify(event), { contentType: 'application/cloudevents+json' })
      return Promise.resolve('accepted')
    },
  })
})
