import { testReceiverContract } from '@spanloom/core/testing'
import { cloudEventsReceiver } from '@spanloom/receiver-cloudevents'
import { describe } from 'vitest'

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
