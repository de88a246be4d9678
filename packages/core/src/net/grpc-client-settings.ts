import type { ReportIssue } from '../component/define.ts'
import type { ConfigOf } from '../schema/schema.ts'
import { clientAuthSettings } from './client-auth.ts'
import { grpcTargetFault } from './grpc-target.ts'
import { headerSettings } from './header-settings.ts'
import { checkTlsClient, tlsClientSettings } from './tls-client-settings.ts'

/**
 * Settings of every gRPC client (section 7.2), to be spread into the `properties` of a component's schema. The
 * component sets the default of `compression` by overwriting it.
 */
export const grpcClientSettings = {
  endpoint: {
    type: 'string',
    description: '`host:port`; `https://` switches TLS on, `dns:///` and `unix://` are understood.',
  },
  tls: tlsClientSettings as typeof tlsClientSettings,
  headers: headerSettings as typeof headerSettings,
  compression: {
    type: 'string',
    enum: ['', 'none', 'gzip', 'deflate'],
    default: 'none',
    description: 'How requests are compressed.',
  },
  auth: clientAuthSettings as typeof clientAuthSettings,
  balancer_name: {
    type: 'string',
    enum: ['round_robin', 'pick_first'],
    default: 'round_robin',
    description: 'How requests are spread over the addresses of the server.',
  },
  keepalive: {
    type: 'object',
    section: 'ready',
    description: 'Pings that find dead connections. Off when absent.',
    properties: {
      time: { type: 'string', format: 'duration', default: '10s', minimumMs: 0 },
      timeout: { type: 'string', format: 'duration', default: '10s', minimumMs: 0 },
      permit_without_stream: { type: 'boolean', default: false },
    },
    additionalProperties: false,
  },
  wait_for_ready: {
    type: 'boolean',
    default: false,
    description: 'Whether a request waits for a connection up to its timeout instead of failing at once.',
  },
  authority: { type: 'string', description: 'Value of `:authority`, instead of the host of the endpoint.' },
  user_agent: {
    type: 'string',
    description: 'Value of `user-agent`, instead of name and version of the collector.',
  },
  read_buffer_size: { type: 'integer', ignored: '`read_buffer_size` has no effect on this runtime' },
  write_buffer_size: { type: 'integer', ignored: '`write_buffer_size` has no effect on this runtime' },
} as const

/** Parsed settings of a gRPC client. */
export type GrpcClientConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof grpcClientSettings
}>

/** Checks what the schema cannot; `path` leads to the settings, `[]` where they are the component's own. */
export function checkGrpcClient(
  config: GrpcClientConfig,
  path: readonly (string | number)[],
  report: ReportIssue,
): void {
  const fault = grpcTargetFault(config.endpoint ?? '')
  if (fault) report([...path, 'endpoint'], fault)
  checkTlsClient(config.tls, [...path, 'tls'], report)
}
