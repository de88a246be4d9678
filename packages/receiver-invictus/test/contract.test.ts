import { testReceiverContract } from '@spanloom/core/testing'
import { invictusReceiver } from '@spanloom/receiver-invictus'
import { request } from 'undici'

import { eventNumber } from './events.ts'

testReceiverContract(invictusReceiver, {
  config: { http: { endpoint: '127.0.0.1:0' } },
  async send({ url }, number) {
    const { statusCode, body } = await request(url ?? '', {
      method: 'POST',
      body: JSON.stringify([eventNumber(number)]),
      reset: true,
    })
    await body.dump()
    return statusCode === 200 ? 'accepted' : statusCode === 503 || statusCode === 429 ? 'retry' : 'rejected'
  },
})
