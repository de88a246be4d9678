import type { ReportIssue } from '../component/define.ts'
import type { ConfigOf } from '../schema/schema.ts'
import { meantEndpoint } from '../schema/text-forms.ts'
import { endpointFault } from './endpoint.ts'
import { checkTlsServer, tlsServerSettings } from './tls-server-settings.ts'

/**
 * Settings of every HTTP server (section 10.1), to be spread into the `properties` of a component's
 * schema. The component sets the default of `endpoint` by overwriting it.
 */
export const httpServerSettings = {
  endpoint: {
    type: 'string',
    format: 'endpoint',
    description: 'Where to listen: `host:port`, `:port` for all interfaces, or the path of a unix socket.',
  },
  transport: { type: 'string', enum: ['tcp', 'tcp4', 'tcp6', 'unix'], default: 'tcp' },
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- isolated declarations want the type written
  tls: tlsServerSettings as typeof tlsServerSettings,
  cors: {
    type: 'object',
    section: 'bare',
    description: 'Lets browsers send from other origins. Off while `allowed_origins` is empty.',
    properties: {
      allowed_origins: {
        type: 'array',
        items: { type: 'string' },
        commaSeparated: true,
        description: 'Origins such as `https://*.example.com`; `*` stands for anything.',
      },
      allowed_headers: {
        type: 'array',
        items: { type: 'string' },
        commaSeparated: true,
        description: 'Request headers beside the safe ones and `X-Requested-With`; `["*"]` allows any.',
      },
      exposed_headers: { type: 'array', items: { type: 'string' }, commaSeparated: true },
      max_age: {
        type: 'integer',
        default: 0,
        description: 'Seconds for which a browser may remember the answer to a preflight.',
      },
    },
    additionalProperties: false,
  },
  auth: {
    type: 'object',
    section: 'bare',
    description: 'Lets an extension check who sends.',
    properties: {
      authenticator: { type: 'string', reference: 'extension', role: 'authenticator' },
      request_params: {
        type: 'array',
        items: { type: 'string' },
        commaSeparated: true,
        description: 'Query parameters that are shown to the authenticator as if they were headers.',
      },
    },
    required: ['authenticator'],
    additionalProperties: false,
  },
  max_request_body_size: {
    type: 'integer',
    default: 20_971_520,
    description: 'Bytes of a request body, before and after decompression; 0 or less means the default.',
  },
  include_metadata: {
    type: 'boolean',
    default: false,
    description: 'Hands the request headers on beside the data.',
  },
  response_headers: {
    description: 'Headers of every answer.',
    anyOf: [
      { type: 'object', additionalProperties: { type: 'string', secret: true } },
      {
        type: 'array',
        items: {
          type: 'object',
          properties: { name: { type: 'string' }, value: { type: 'string', secret: true } },
          required: ['name', 'value'],
          additionalProperties: false,
        },
      },
    ],
  },
  compression_algorithms: {
    type: 'array',
    items: { type: 'string', enum: ['', 'gzip', 'zstd', 'zlib', 'deflate'] },
    commaSeparated: true,
    description:
      'Accepted values of `Content-Encoding`; the empty one stands for uncompressed. Default: all.',
  },
  read_timeout: {
    type: 'string',
    format: 'duration',
    default: '0s',
    description: 'Time for a sender to send a whole request; 0 for any.',
  },
  read_header_timeout: {
    type: 'string',
    format: 'duration',
    default: '1m',
    description: 'Time for a sender to send the headers; 0 for any.',
  },
  write_timeout: {
    type: 'string',
    format: 'duration',
    default: '30s',
    description: 'Time from the headers to the end of the answer; 0 for any.',
  },
  idle_timeout: {
    type: 'string',
    format: 'duration',
    default: '1m',
    description: 'Time after which an unused connection is closed; 0 for never.',
  },
  keep_alives_enabled: { type: 'boolean', default: true },
  middlewares: {
    type: 'array',
    items: {
      type: 'object',
      properties: { id: { type: 'string', reference: 'extension', role: 'request_guard' } },
      required: ['id'],
      additionalProperties: false,
    },
    description: 'Extensions such as `memory_limiter` that may refuse a request before its body is read.',
  },
} as const

/** Parsed settings of an HTTP server. */
export type HttpServerConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof httpServerSettings
}>

/** Checks what the schema cannot; `path` leads to the settings, `[]` where they are the component's own. */
export function checkHttpServer(
  config: HttpServerConfig,
  path: readonly (string | number)[],
  report: ReportIssue,
): void {
  if (config.endpoint === undefined || config.endpoint === '') {
    report([...path, 'endpoint'], 'endpoint must be specified')
  } else {
    const fault = endpointFault(config.endpoint, config.transport)
    if (fault !== undefined) report([...path, 'endpoint'], fault, meantEndpoint(config.endpoint, ':0'))
  }
  checkTlsServer(config.tls, [...path, 'tls'], report)
}
