import { StartError } from '../errors/errors.ts'

const suite =
  /^TLS_(?:(?<exchange>ECDHE_RSA|ECDHE_ECDSA|RSA)_WITH_)(?:AES_(?<bits>128|256)_(?<mode>GCM|CBC)_(?<hash>SHA(?:256|384)?)|CHACHA20_POLY1305(?:_SHA256)?)$/

const tls13 = new Set(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])

/**
 * The names of `cipher_suites`, which are those of the TLS registry, as one OpenSSL list.
 *
 * @throws StartError for a name that is not known.
 */
export function opensslCiphers(names: readonly string[]): string {
  return names.map(opensslName).join(':')
}

function opensslName(name: string): string {
  if (tls13.has(name)) return name
  const match = suite.exec(name)
  if (match === null) throw new StartError('TLS_INVALID', `invalid TLS cipher suite: "${name}"`)
  const { exchange = '', bits, mode, hash = '' } = match.groups ?? {}
  const prefix = exchange === 'RSA' ? '' : `${exchange.replace('_', '-')}-`
  if (bits === undefined) return `${prefix}CHACHA20-POLY1305`
  return mode === 'GCM' ? `${prefix}AES${bits}-GCM-${hash}` : `${prefix}AES${bits}-${hash}`
}
