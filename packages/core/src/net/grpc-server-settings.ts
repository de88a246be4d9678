import type { ReportIssue } from '../component/define.ts'
import type { ConfigOf } from '../schema/schema.ts'
import { meantEndpoint } from '../schema/text-forms.ts'
import { endpointFault } from './endpoint.ts'
import { checkTlsServer, tlsServerSettings } from './tls-server-settings.ts'

/**
 * Settings of every gRPC server (section 10.3), to be spread into the `properties` of a component's
 * schema. The component sets the default of `endpoint` by overwriting it.
 */
export const grpcServerSettings = {
  endpoint: {
    type: 'string',
    format: 'endpoint',
    description: 'Where to listen: `host:port`, `:port` for all interfaces, or the path of a unix socket.',
  },
  transport: { type: 'string', enum: ['tcp', 'tcp4', 'tcp6', 'unix'], default: 'tcp' },
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- isolated declarations want the type written
  tls: tlsServerSettings as typeof tlsServerSettings,
  max_recv_msg_size_mib: {
    type: 'integer',
    minimum: 0,
    default: 20,
    description: 'Size of a message after decompression, in MiB; 0 means the default.',
  },
  max_concurrent_streams: {
    type: 'integer',
    minimum: 0,
    default: 0,
    description: 'Calls at a time on one connection; 0 for any number.',
  },
  read_buffer_size: {
    type: 'integer',
    minimum: 0,
    ignored: 'read_buffer_size has no effect: the runtime sizes its own buffers.',
  },
  write_buffer_size: {
    type: 'integer',
    ignored: 'write_buffer_size has no effect: the runtime sizes its own buffers.',
  },
  auth: {
    type: 'object',
    section: 'bare',
    description: 'Lets an extension check who sends.',
    properties: { authenticator: { type: 'string', reference: 'extension', role: 'authenticator' } },
    required: ['authenticator'],
    additionalProperties: false,
  },
  include_metadata: {
    type: 'boolean',
    default: false,
    description: 'Hands the request metadata on beside the data.',
  },
  middlewares: {
    type: 'array',
    items: {
      type: 'object',
      properties: { id: { type: 'string', reference: 'extension', role: 'request_guard' } },
      required: ['id'],
      additionalProperties: false,
    },
    description: 'Extensions such as `memory_limiter` that may refuse a call before its message is read.',
  },
  keepalive: {
    type: 'object',
    description: 'How connections are kept, checked and replaced.',
    properties: {
      server_parameters: {
        type: 'object',
        properties: {
          max_connection_idle: {
            type: 'string',
            format: 'duration',
            default: '0s',
            description: 'Closes a connection that carried no call for this long; 0 for never.',
          },
          max_connection_age: {
            type: 'string',
            format: 'duration',
            default: '0s',
            description: 'Closes a connection of this age, so that senders spread anew; 0 for never.',
          },
          max_connection_age_grace: {
            type: 'string',
            format: 'duration',
            default: '0s',
            description: 'Time that calls get to finish after that; 0 for any.',
          },
          time: { type: 'string', format: 'duration', default: '2h', description: 'Silence before we ping.' },
          timeout: {
            type: 'string',
            format: 'duration',
            default: '20s',
            description: 'Time for the answer to a ping.',
          },
        },
        additionalProperties: false,
      },
      enforcement_policy: {
        type: 'object',
        properties: {
          min_time: {
            type: 'string',
            format: 'duration',
            default: '5m',
            ignored: 'keepalive::enforcement_policy has no effect: clients may ping as often as they like.',
          },
          permit_without_stream: {
            type: 'boolean',
            default: false,
            ignored: 'keepalive::enforcement_policy has no effect: clients may ping as often as they like.',
          },
        },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
  },
} as const

/** Parsed settings of a gRPC server. */
export type GrpcServerConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof grpcServerSettings
}>

/** Checks what the schema cannot; `path` leads to the settings. */
export function checkGrpcServer(
  config: GrpcServerConfig,
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
