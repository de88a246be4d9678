import { checkGrpcClient, defineExporter, type ExporterFactory, grpcClientSettings } from '@spanloom/core'

import { createGrpcSender } from './grpc-sender.ts'

/** Sends traces to an OTLP/gRPC server. */
export const otlpGrpcExporter: ExporterFactory = defineExporter({
  type: 'otlp_grpc',
  stability: 'beta',
  description: 'Sends traces over OTLP/gRPC.',
  delivery: { timeout: '5s' },
  schema: {
    type: 'object',
    properties: {
      ...grpcClientSettings,
      compression: {
        type: 'string',
        enum: ['', 'none', 'gzip', 'deflate'],
        default: 'gzip',
        description: 'How requests are compressed.',
      },
    },
    additionalProperties: false,
  },
  validate: (config, report) => checkGrpcClient(config, [], report),
  create: createGrpcSender,
})
