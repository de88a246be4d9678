import { testReceiverContract } from '@spanloom/core/testing'
import { valuestreamReceiver } from '@spanloom/receiver-valuestream'
import { request } from 'undici'

testReceiverContract(valuestreamReceiver, {
  config: { endpoint: '127.0.0.1:0', sources: { customhttp: {} } },
  async send({ url }, number) {
    const { statusCode, body } = await request(new URL('/customhttp', url ?? ''), {
      method: 'POST',
      body: JSON.stringify({ id: String(number), action: 'start', type: 'deploy', namespace: 'shop' }),
      reset: true,
    })
    await body.dump()
    return statusCode === 200 ? 'accepted' : statusCode === 503 || statusCode === 429 ? 'retry' : 'rejected'
  },
})
