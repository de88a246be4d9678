import { readFile } from 'node:fs/promises'
import { getCACertificates, rootCertificates, type SecureVersion } from 'node:tls'

import { messageOf, StartError } from '../errors/errors.ts'
import { opensslCiphers } from './tls-ciphers.ts'
import type { TlsClientConfig } from './tls-client-settings.ts'

/** What a client hands to `node:tls`. */
export interface TlsClientOptions {
  readonly ca?: string[]
  readonly cert?: string
  readonly key?: string
  readonly ciphers?: string
  readonly servername?: string
  readonly minVersion: SecureVersion
  readonly maxVersion?: SecureVersion
  readonly rejectUnauthorized: boolean
}

/**
 * Reads the files that a client's `tls` settings name.
 *
 * @throws StartError when a file cannot be read or a cipher suite is unknown.
 */
export async function loadClientTls(config: TlsClientConfig): Promise<TlsClientOptions> {
  const own = await pem(config.ca_file, config.ca_pem, 'CA')
  const cert = await pem(config.cert_file, config.cert_pem, 'certificate')
  const key = await pem(config.key_file, config.key_pem, 'key')
  const ca = [...(own ? [own] : []), ...(config.include_system_ca_certs_pool ? systemAuthorities() : [])]
  const { cipher_suites: suites, server_name_override: servername, max_version: maxVersion } = config
  return {
    minVersion: versions[config.min_version],
    rejectUnauthorized: !config.insecure_skip_verify,
    ...(maxVersion ? { maxVersion: versions[maxVersion] } : {}),
    ...(suites && suites.length > 0 ? { ciphers: opensslCiphers(suites) } : {}),
    ...(servername ? { servername } : {}),
    ...(ca.length > 0 ? { ca } : {}),
    ...(cert && key ? { cert, key } : {}),
  }
}

/** Whether a client of gRPC speaks without TLS: `insecure`, unless a CA is given (section 10.4). */
export function isPlaintext({ insecure, ca_file, ca_pem }: TlsClientConfig): boolean {
  return insecure && !ca_file && !ca_pem
}

/** Whether both sets come from the same files with the same contents. */
export function sameTls(a: TlsClientOptions, b: TlsClientOptions): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca?.join('\n') === b.ca?.join('\n')
}

async function pem(
  path: string | undefined,
  text: string | undefined,
  what: string,
): Promise<string | undefined> {
  if (text) return text
  if (!path) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new StartError('TLS_INVALID', `failed to load TLS ${what} from ${path}: ${messageOf(cause)}`, {
      cause,
    })
  }
}

function systemAuthorities(): readonly string[] {
  const system = getCACertificates('system')
  return system.length > 0 ? system : rootCertificates
}

const versions: Readonly<Record<'1.0' | '1.1' | '1.2' | '1.3', SecureVersion>> = {
  '1.0': 'TLSv1',
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
}
