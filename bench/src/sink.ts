import { Server, ServerCredentials } from '@grpc/grpc-js'

import { exportMethod } from './otlp-grpc.ts'
import { countSpans } from './payload.ts'
import { serve } from './worker-process.ts'

/** Asks the sink for its port, or to wait until it has `spans` spans since the last `reset`. */
export type SinkRequest =
  | { readonly do: 'listen' }
  | { readonly do: 'reset' }
  | { readonly do: 'wait'; readonly spans: number; readonly timeoutMs: number }

export interface SinkReply {
  readonly port: number
  readonly spans: number
}

let port = 0
let spans = 0
let onSpans: () => void = () => undefined

const server = new Server({ 'grpc.max_receive_message_length': -1 })
server.addService(
  { export: exportMethod },
  {
    export(call: { request: Buffer }, done: (error: null, answer: Buffer) => void) {
      spans += countSpans(call.request)
      onSpans()
      done(null, Buffer.alloc(0))
    },
  },
)

async function answer(request: SinkRequest): Promise<SinkReply> {
  if (request.do === 'reset') spans = 0
  if (request.do === 'listen') port = await bind()
  if (request.do === 'wait') await reached(request.spans, request.timeoutMs)
  return { port, spans }
}

const bind = (): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })

/** Resolves when the spans are there, or at the time limit: the caller sees how many came. */
function reached(wanted: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs)
    onSpans = () => {
      if (spans < wanted) return
      clearTimeout(timer)
      resolve()
    }
    onSpans()
  })
}

serve(answer)
