import type { ReportIssue } from '../component/define.ts'
import type { ConfigOf } from '../schema/schema.ts'
import { clientAuthSettings } from './client-auth.ts'
import { levelFault } from './compression.ts'
import { headerSettings } from './header-settings.ts'
import { checkTlsClient, tlsClientSettings } from './tls-client-settings.ts'

/**
 * Settings of every HTTP client (section 10.2) but `timeout`, which belongs to each exporter; to be spread
 * into the `properties` of a component's schema. The component sets the default of `compression` by overwriting it.
 */
export const httpClientSettings = {
  endpoint: { type: 'string', format: 'url', description: 'URL of the server.' },
  proxy_url: {
    type: 'string',
    format: 'url',
    secret: true,
    description: 'Proxy to go through, instead of that of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.',
  },
  tls: tlsClientSettings as typeof tlsClientSettings,
  headers: headerSettings as typeof headerSettings,
  compression: {
    type: 'string',
    enum: ['', 'none', 'gzip', 'zlib', 'deflate', 'zstd'],
    default: 'none',
    description: 'How request bodies are compressed.',
  },
  compression_params: {
    type: 'object',
    properties: {
      level: {
        type: 'integer',
        default: 0,
        description: '-1 to 9 for gzip, zlib and deflate, 1 to 22 for zstd; 0 for a fast default.',
      },
    },
    additionalProperties: false,
  },
  auth: clientAuthSettings as typeof clientAuthSettings,
  max_conns_per_host: {
    type: 'integer',
    default: 0,
    minimum: 0,
    description: 'Connections to the server at most; 0 means no limit.',
  },
  idle_conn_timeout: {
    type: 'string',
    format: 'duration',
    default: '90s',
    minimumMs: 0,
    description: 'Time after which an unused connection is closed; `0s` means never.',
  },
  disable_keep_alives: { type: 'boolean', default: false, description: 'Uses every connection once only.' },
  force_attempt_http2: {
    type: 'boolean',
    default: true,
    description: 'Speaks HTTP/2 where a TLS server offers it.',
  },
  http2_read_idle_timeout: {
    type: 'string',
    format: 'duration',
    default: '0s',
    minimumMs: 0,
    description: 'Interval of the pings on HTTP/2 connections; `0s` means the default of the library.',
  },
  http2_ping_timeout: {
    type: 'string',
    format: 'duration',
    ignored: '`http2_ping_timeout` has no effect on this runtime',
  },
  max_idle_conns: { type: 'integer', ignored: '`max_idle_conns` has no effect on this runtime' },
  max_idle_conns_per_host: {
    type: 'integer',
    ignored: '`max_idle_conns_per_host` has no effect on this runtime',
  },
  read_buffer_size: { type: 'integer', ignored: '`read_buffer_size` has no effect on this runtime' },
  write_buffer_size: { type: 'integer', ignored: '`write_buffer_size` has no effect on this runtime' },
  cookies: {
    type: 'object',
    properties: { enabled: { type: 'boolean', default: false } },
    additionalProperties: false,
    ignored: '`cookies` has no effect: cookies of a server are not kept',
  },
} as const

/** Parsed settings of an HTTP client. */
export type HttpClientConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof httpClientSettings
}>

/** Checks what the schema cannot; `path` leads to the settings, `[]` where they are the component's own. */
export function checkHttpClient(
  config: HttpClientConfig,
  path: readonly (string | number)[],
  report: ReportIssue,
): void {
  checkTlsClient(config.tls, [...path, 'tls'], report)
  const fault = levelFault(config.compression, config.compression_params.level)
  if (fault) report([...path, 'compression_params', 'level'], fault)
}
