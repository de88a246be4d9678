import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
} from '@grpc/grpc-js'
import { Traces } from '@spanloom/core'

/** A call that reached the backend. */
export interface BackendCall {
  readonly metadata: Metadata
  readonly traces: Traces
  readonly host: string
  readonly deadline: Date | number
  readonly at: number
}

/** How a call ends: with these bytes, with a status, or not at all. */
export type CallAnswer =
  | Buffer
  | { readonly code: number; readonly details?: string; readonly statusDetails?: Buffer }
  | 'hang'

const identity = (bytes: Buffer): Buffer => bytes

/** An OTLP/gRPC server on a socket of its own that misbehaves on demand. */
export class GrpcBackend implements AsyncDisposable {
  readonly calls: BackendCall[] = []
  answer: (call: BackendCall, index: number) => CallAnswer = () => Buffer.alloc(0)
  port = 0
  readonly #server = new Server({ 'grpc.max_receive_message_length': -1 })
  readonly #arrivals = new Set<() => void>()
  readonly #now: () => number

  private constructor(now: () => number) {
    this.#now = now
  }

  static async open({
    address = '127.0.0.1:0',
    credentials = ServerCredentials.createInsecure(),
    now = () => 0,
  }: { address?: string; credentials?: ServerCredentials; now?: () => number } = {}): Promise<GrpcBackend> {
    const backend = new GrpcBackend(now)
    const handle: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
      const answer = backend.#receive(call)
      if (answer === 'hang') return
      if (Buffer.isBuffer(answer)) {
        callback(null, answer)
        return
      }
      const metadata = new Metadata()
      if (answer.statusDetails) metadata.set('grpc-status-details-bin', answer.statusDetails)
      const details = answer.details ?? 'no'
      callback(Object.assign(new Error(details), { code: answer.code, details, metadata }))
    }
    backend.#server.addService(
      {
        Export: {
          path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
          requestStream: false,
          responseStream: false,
          requestSerialize: identity,
          requestDeserialize: identity,
          responseSerialize: identity,
          responseDeserialize: identity,
        },
      },
      { Export: handle },
    )
    backend.port = await new Promise<number>((resolve, reject) =>
      backend.#server.bindAsync(address, credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    )
    return backend
  }

  get endpoint(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Resolves once `count` calls were read. */
  async received(count: number): Promise<void> {
    while (this.calls.length < count) await new Promise<void>((resolve) => this.#arrivals.add(resolve))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown()
    return Promise.resolve()
  }

  #receive(request: ServerUnaryCall<Buffer, Buffer>): CallAnswer {
    const call = {
      metadata: request.metadata,
      traces: Traces.fromProtobuf(request.request),
      host: request.getHost(),
      deadline: request.getDeadline(),
      at: this.#now(),
    }
    this.calls.push(call)
    for (const arrive of this.#arrivals) arrive()
    this.#arrivals.clear()
    return this.answer(call, this.calls.length)
  }
}
