import type { ReportIssue } from '../component/define.ts'
import type { ConfigOf } from '../schema/schema.ts'

/** Settings of `tls` on a server (section 10.4). Absent or null means no TLS. */
export const tlsServerSettings = {
  type: 'object',
  section: 'bare',
  description: 'Serves over TLS. Files are in PEM form.',
  properties: {
    ca_file: {
      type: 'string',
      format: 'path',
      pem: 'certificate',
      description: 'CA certificates, beside the client CA.',
    },
    ca_pem: { type: 'string', secret: true, description: 'The same, as text.' },
    cert_file: {
      type: 'string',
      format: 'path',
      pem: 'certificate',
      description: 'Certificate of this server with its chain.',
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
      description: 'Reads certificate and key again after this time; a new pair serves new connections.',
    },
    client_ca_file: {
      type: 'string',
      format: 'path',
      pem: 'certificate',
      description: 'Requires clients to show a certificate of one of these authorities (mTLS).',
    },
    client_ca_file_reload: {
      type: 'boolean',
      default: false,
      description: 'Reads `client_ca_file` again when it changes.',
    },
  },
  additionalProperties: false,
} as const

/** Parsed `tls` settings of a server. */
export type TlsServerConfig = NonNullable<ConfigOf<typeof tlsServerSettings>>

/** Checks what concerns several TLS settings at once; `path` leads to the `tls` section. */
export function checkTlsServer(
  config: TlsServerConfig | undefined,
  path: readonly (string | number)[],
  report: ReportIssue,
): void {
  if (config === undefined) return
  for (const thing of ['ca', 'cert', 'key'] as const) {
    if (given(config[`${thing}_file`]) && given(config[`${thing}_pem`])) {
      report(
        [...path, `${thing}_pem`],
        `provide either '${thing}_file' or '${thing}_pem', but not both`,
        'Remove one of the two.',
      )
    }
  }
  const cert = given(config.cert_file) || given(config.cert_pem)
  const key = given(config.key_file) || given(config.key_pem)
  if (cert !== key) {
    const missing = cert ? 'key_file' : 'cert_file'
    report(path, 'for auth via TLS, provide both certificate and key, or neither', `Add ${missing}, too.`)
  } else if (!cert) {
    report(path, "TLS on a server needs a certificate and its key: set 'cert_file' and 'key_file'")
  }
  if (config.max_version !== undefined && config.max_version < config.min_version) {
    report(
      [...path, 'max_version'],
      "invalid TLS configuration: 'min_version' cannot be greater than 'max_version'",
    )
  }
}

const given = (text: string | undefined): boolean => text !== undefined && text !== ''
