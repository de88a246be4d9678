import { createHmac } from 'node:crypto'

import { testReceiverContract } from '@spanloom/core/testing'

import { orchestReceiver } from '../src/index.ts'

testReceiverContract(orchestReceiver, {
  config: { endpoint: '127.0.0.1:0', webhook: { secret: 's3cret-of-the-hook' } },
  async send(receiver, number) {
    const event = { type: 'project:created', uuid: `u-${number}`, timestamp: '2023-06-05 10:00:00' }
    const body = JSON.stringify({ event })
    const response = await fetch(new URL('/orchest/webhook', receiver.url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-hub-signature': createHmac('sha256', 's3cret-of-the-hook').update(body).digest('hex'),
      },
      body,
    })
    await response.arrayBuffer()
    if (response.ok) return 'accepted'
    return response.status === 503 ? 'retry' : 'rejected'
  },
})
