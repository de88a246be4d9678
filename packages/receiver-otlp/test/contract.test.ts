import { sampleTraces, testReceiverContract } from '@spanloom/core/testing'
import { otlpReceiver } from '@spanloom/receiver-otlp'
import { request } from 'undici'

testReceiverContract(otlpReceiver, {
  config: { protocols: { http: { endpoint: '127.0.0.1:0' }, grpc: { endpoint: '127.0.0.1:0' } } },
  async send(receiver, event) {
    const [traces] = sampleTraces(1, event)
    const { statusCode, body } = await request(new URL('/v1/traces', receiver.httpUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: traces?.toProtobuf() ?? '',
      reset: true,
    })
    await body.dump()
    return statusCode === 200 ? 'accepted' : statusCode === 503 ? 'retry' : 'rejected'
  },
})
