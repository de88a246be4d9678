import {
  bodyFormat,
  createGrpcClient,
  type ExporterOptions,
  type ExporterSender,
  type GrpcClient,
  type GrpcClientConfig,
  parseGrpcTarget,
  PermanentError,
  type SendOutcome,
} from '@spanloom/core'

import { decodeExportResponse } from './export-response.ts'
import { exportError } from './grpc-failure.ts'

const method = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** Calls an OTLP/gRPC server with the bytes of each batch (7.2). */
export function createGrpcSender(options: ExporterOptions<GrpcClientConfig>): ExporterSender {
  const { config, clock, telemetry, build } = options
  const { address, port } = parseGrpcTarget(config.endpoint ?? '')
  let client: GrpcClient | undefined

  return {
    metricAttributes: {
      ...(address === undefined ? {} : { 'server.address': address }),
      ...(port === undefined ? {} : { 'server.port': port }),
    },
    async start(host) {
      client = await createGrpcClient(config, { host, clock, logger: telemetry.logger, build })
    },
    format: bodyFormat({ mediaType: 'application/x-protobuf' }),
    encode: (traces) => traces.toProtobuf(),
    async send(body, { signal, timeoutMs }) {
      if (client === undefined) throw new Error('The exporter was not started.')
      let answer: Buffer
      try {
        answer = await client.unary({ method, body, signal, timeoutMs })
      } catch (failure) {
        throw exportError(failure)
      }
      return read(answer)
    },
    shutdown() {
      client?.close()
      return Promise.resolve()
    },
  }
}

function read(answer: Buffer): SendOutcome {
  try {
    return decodeExportResponse(answer)
  } catch (cause) {
    throw new PermanentError('RESPONSE_INVALID', 'The answer of the server is no export response.', {
      cause,
      grpcStatus: 13,
    })
  }
}
