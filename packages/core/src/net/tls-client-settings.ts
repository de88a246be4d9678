import type { ReportIssue } from '../component/define.ts'
import type { ConfigOf } from '../schema/schema.ts'

/** Settings of `tls` on a client (section 10.4). */
export const tlsClientSettings = {
  type: 'object',
  description: 'How the client speaks TLS. Files are in PEM form.',
  properties: {
    insecure: {
      type: 'boolean',
      default: false,
      description: 'No TLS at all, unless a CA is given. For HTTP the scheme of the URL decides.',
    },
    insecure_skip_verify: {
      type: 'boolean',
      default: false,
      description: 'Accepts any certificate of the server. For tests only.',
    },
    server_name_override: {
      type: 'string',
      description: "Name that the server's certificate must have, instead of that in the endpoint.",
    },
    ca_file: {
      type: 'string',
      format: 'path',
      pem: 'certificate',
      description: 'CA certificates that the server is checked against.',
    },
    ca_pem: { type: 'string', secret: true, description: 'The same, as text.' },
    cert_file: {
      type: 'string',
      format: 'path',
      pem: 'certificate',
      description: 'Certificate of this client, for mTLS.',
    },
    cert_pem: { type: 'string', secret: true, description: 'The same, as text.' },
    key_file: { type: 'string', format: 'path', pem: 'key', description: 'Key of the certificate.' },
    key_pem: { type: 'string', secret: true, description: 'The same, as text.' },
    include_system_ca_certs_pool: {
      type: 'boolean',
      default: false,
      description: 'Also trust the certificate authorities of the system.',
    },
    min_version: { type: 'string', enum: ['1.0', '1.1', '1.2', '1.3'], default: '1.2' },
    max_version: { type: 'string', enum: ['1.0', '1.1', '1.2', '1.3'] },
    cipher_suites: {
      type: 'array',
      items: { type: 'string' },
      commaSeparated: true,
      description: 'Names such as `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`.',
    },
    reload_interval: {
      type: 'string',
      format: 'duration',
      description: 'Reads the files again after this time; new connections use what was read.',
    },
  },
  additionalProperties: false,
} as const

/** Parsed `tls` settings of a client. */
export type TlsClientConfig = ConfigOf<typeof tlsClientSettings>

/** Checks what concerns several TLS settings at once; `path` leads to the `tls` section. */
export function checkTlsClient(
  config: TlsClientConfig,
  path: readonly (string | number)[],
  report: ReportIssue,
): void {
  for (const thing of ['ca', 'cert', 'key'] as const)
    if (config[`${thing}_file`] && config[`${thing}_pem`])
      report(
        [...path, `${thing}_pem`],
        `provide either '${thing}_file' or '${thing}_pem', but not both`,
        'Remove one of the two.',
      )
  const cert = Boolean(config.cert_file || config.cert_pem)
  if (cert !== Boolean(config.key_file || config.key_pem)) {
    const missing = cert ? 'key_file' : 'cert_file'
    report(path, 'for auth via TLS, provide both certificate and key, or neither', `Add ${missing}, too.`)
  }
  if (config.max_version !== undefined && config.max_version < config.min_version)
    report(
      [...path, 'max_version'],
      "invalid TLS configuration: 'min_version' cannot be greater than 'max_version'",
    )
}
