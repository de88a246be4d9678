// A collector as one would write it without Spanloom's idea: requests are decoded into objects by the code that
// protobufjs generates, queued, encoded again and sent on. Called with the port of its destination.
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js'

import { exportMethod } from './otlp-grpc.ts'
import { exportTraceServiceRequest } from './otlp-schema.ts'

const { path, requestSerialize, responseDeserialize } = exportMethod
const destination = new Client(`127.0.0.1:${process.argv[2]}`, credentials.createInsecure(), {
  'grpc.max_send_message_length': -1,
})
const request = exportTraceServiceRequest()
const queue: object[] = []
let sending = 0

function pump(): void {
  while (sending < 10 && queue.length > 0) {
    const traces = queue.shift()
    if (traces === undefined) return
    sending++
    const bytes = Buffer.from(request.encode(traces).finish())
    destination.makeUnaryRequest(path, requestSerialize, responseDeserialize, bytes, (error) => {
      sending--
      if (error) throw error
      pump()
    })
  }
}

const server = new Server({ 'grpc.max_receive_message_length': -1 })
server.addService(
  { export: exportMethod },
  {
    export(call: { request: Buffer }, done: (error: { code: number } | null, answer?: Buffer) => void) {
      if (queue.length >= 1000) return done({ code: 14 })
      queue.push(request.decode(call.request))
      pump()
      done(null, Buffer.alloc(0))
    },
  },
)
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  console.log(`ready on ${port}`)
})
