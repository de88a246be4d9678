import { connect } from 'node:http2'
import { buffer } from 'node:stream/consumers'

import { TracesBuilder, type SpanInit, type Traces, toOtlpJson } from '@spanloom/core/traces'

/** Traces of the given spans from one service. */
export function tracesOf(service: string, spans: readonly SpanInit[]): Traces {
  const builder = new TracesBuilder({ resource: { 'service.name': service } })
  for (const init of spans) builder.add(init)
  return builder.build()
}

/** Sends traces as OTLP JSON over HTTP to `host:port` and resolves with the status. */
export async function sendOverHttp(
  address: string,
  traces: Traces,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const response = await fetch(`http://${address}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: toOtlpJson(traces),
  })
  await response.arrayBuffer()
  return response.status
}

/** Sends traces over gRPC to `host:port` and resolves with the gRPC status; 0 is OK. */
export async function sendOverGrpc(address: string, traces: Traces): Promise<number> {
  const session = connect(`http://${address}`)
  try {
    const call = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    let status = -1
    call.on('trailers', (trailers) => (status = Number(trailers['grpc-status'])))
    call.end(framed(traces.toProtobuf()))
    await buffer(call)
    return status
  } finally {
    session.close()
  }
}

/** A gRPC message: not compressed, its length, its bytes. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
