import type { MethodDefinition } from '@grpc/grpc-js'

const identity = (bytes: Buffer): Buffer => bytes

/** OTLP's unary call with bytes on both sides. */
export const exportMethod: MethodDefinition<Buffer, Buffer> = {
  path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  requestStream: false,
  responseStream: false,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
}
