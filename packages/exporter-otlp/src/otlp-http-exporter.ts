import {
  checkHttpClient,
  defineExporter,
  type ExporterFactory,
  httpClientSettings,
  meantUrl,
} from '@spanloom/core'

import { tracesUrl, urlFault } from './http-endpoint.ts'
import { createHttpSender } from './http-sender.ts'

/** Sends traces to an OTLP/HTTP server. */
export const otlpHttpExporter: ExporterFactory = defineExporter({
  type: 'otlp_http',
  stability: 'beta',
  description: 'Sends traces over OTLP/HTTP, as protobuf or JSON.',
  delivery: { timeout: '30s' },
  schema: {
    type: 'object',
    properties: {
      ...httpClientSettings,
      endpoint: {
        type: 'string',
        format: 'url',
        description:
          'Base URL of the server, such as `https://traces.example.com`; `/v1/traces` is appended.',
      },
      traces_endpoint: {
        type: 'string',
        format: 'url',
        description: 'Whole URL for traces, instead of `endpoint`.',
      },
      encoding: {
        type: 'string',
        enum: ['proto', 'json'],
        default: 'proto',
        description: 'Form of the requests.',
      },
      compression: {
        type: 'string',
        enum: ['', 'none', 'gzip', 'zlib', 'deflate', 'zstd'],
        default: 'gzip',
        description: 'How requests are compressed. `zstd` is the cheapest where the server takes it.',
      },
    },
    additionalProperties: false,
  },
  validate(config, report) {
    const key = config.traces_endpoint ? 'traces_endpoint' : 'endpoint'
    const fault = urlFault(tracesUrl(config.endpoint, config.traces_endpoint))
    if (fault)
      report([key], fault, meantUrl(config[key] ?? '') ?? 'Set endpoint: http://localhost:4318, for example.')
    checkHttpClient(config, [], report)
  },
  create: createHttpSender,
})
