import { readFile } from 'node:fs/promises'
import { getCACertificates, rootCertificates, type SecureVersion, type TlsOptions } from 'node:tls'

import type { Clock, Timer } from '../clock/clock.ts'
import { messageOf, StartError } from '../errors/errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import { opensslCiphers } from './tls-ciphers.ts'
import type { TlsServerConfig } from './tls-server-settings.ts'

/** A server whose certificates can be exchanged while it runs. */
export interface SecureServer {
  setSecureContext(options: TlsOptions): void
}

/** How often `client_ca_file` is looked at when `reload_interval` does not say. */
const defaultReloadMs = 10_000

/**
 * Reads the files that a server's `tls` settings name.
 *
 * @throws StartError when a file cannot be read or a cipher suite is unknown.
 */
export async function loadServerTls(config: TlsServerConfig): Promise<TlsOptions> {
  const cert = await text(config.cert_file, config.cert_pem, 'certificate')
  const key = await text(config.key_file, config.key_pem, 'key')
  if (cert === undefined || key === undefined) {
    throw new StartError('TLS_INVALID', 'TLS on a server needs a certificate and its key.')
  }
  const own = await text(config.ca_file, config.ca_pem, 'CA')
  const client = await text(config.client_ca_file, undefined, 'client CA')
  const ca = [own, client].filter((pem) => pem !== undefined)
  if (config.include_system_ca_certs_pool) ca.push(...systemAuthorities())
  return {
    cert,
    key,
    minVersion: version(config.min_version),
    ...(config.max_version === undefined ? {} : { maxVersion: version(config.max_version) }),
    ...(config.cipher_suites === undefined ? {} : { ciphers: opensslCiphers(config.cipher_suites) }),
    ...(ca.length === 0 ? {} : { ca }),
    ...(client === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
  }
}

/**
 * Reads the files again as `reload_interval` and `client_ca_file_reload` say. Files that cannot be used
 * are logged, and what was read before goes on serving. Returns a function that ends it.
 */
export function reloadServerTls(
  server: SecureServer,
  config: TlsServerConfig,
  current: TlsOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): () => void {
  const intervalMs = config.reload_interval ?? 0
  const everyMs = intervalMs > 0 ? intervalMs : config.client_ca_file_reload ? defaultReloadMs : 0
  if (everyMs <= 0) return () => undefined

  let used = current
  let timer: Timer
  let ended = false
  const reload = async (): Promise<void> => {
    try {
      const next = await loadServerTls(config)
      if (!ended && !sameMaterial(used, next)) {
        server.setSecureContext(next)
        used = next
        logger.info('TLS certificates were read again.')
      }
    } catch (error) {
      logger.warn('TLS certificates could not be read again.', { error: messageOf(error) })
    }
    if (!ended) timer = clock.schedule(everyMs, () => void reload())
  }
  timer = clock.schedule(everyMs, () => void reload())
  return () => {
    ended = true
    timer.cancel()
  }
}

async function text(
  path: string | undefined,
  pem: string | undefined,
  what: string,
): Promise<string | undefined> {
  if (pem !== undefined && pem !== '') return pem
  if (path === undefined || path === '') return undefined
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

function sameMaterial(a: TlsOptions, b: TlsOptions): boolean {
  return a.cert === b.cert && a.key === b.key && String(a.ca) === String(b.ca)
}

const versions: Readonly<Record<'1.0' | '1.1' | '1.2' | '1.3', SecureVersion>> = {
  '1.0': 'TLSv1',
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
}

const version = (name: keyof typeof versions): SecureVersion => versions[name]
