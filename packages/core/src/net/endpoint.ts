import { StartError } from '../errors/errors.ts'

/** How a server listens. */
export type Transport = 'tcp' | 'tcp4' | 'tcp6' | 'unix'

/** Where a server listens. */
export type Endpoint =
  | { readonly kind: 'tcp'; /** Empty for all interfaces. */ readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/**
 * Reads `host:port`, `[ipv6]:port`, `:port` (all interfaces), and for `transport: unix` a path, with or
 * without `unix://` (section 1.7).
 *
 * @throws StartError when the text has none of these forms.
 */
export function parseEndpoint(text: string, transport: Transport = 'tcp'): Endpoint {
  const fault = endpointFault(text, transport)
  if (fault !== undefined) throw new StartError('ENDPOINT_INVALID', fault)
  if (isUnix(text, transport)) return { kind: 'unix', path: text.replace(/^unix:(\/\/)?/, '') }
  const { host = '', port = '' } = hostAndPort.exec(text)?.groups ?? {}
  return { kind: 'tcp', host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

/** What is wrong with an endpoint, for the check of a config before anything is opened; `undefined` if nothing. */
export function endpointFault(text: string, transport: Transport = 'tcp'): string | undefined {
  if (isUnix(text, transport)) {
    return /^(unix:(\/\/)?)?[^\0]+$/.test(text) ? undefined : 'The endpoint of a unix socket is a path.'
  }
  const match = hostAndPort.exec(text)
  if (match !== null) {
    return Number(match.groups?.['port']) <= 65_535 ? undefined : `address ${text}: invalid port`
  }
  if (/^[^[\]]*:[^[\]]*:[^[\]]*$/.test(text)) return `address ${text}: too many colons in address`
  return /:[^:\]]*$/.test(text) ? `address ${text}: invalid port` : `address ${text}: missing port in address`
}

/** `host:port` with brackets where the host needs them. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

const hostAndPort = /^(?<host>\[[0-9a-fA-F:.%\w]+\]|[^:[\]/\s]*):(?<port>\d{1,5})$/

const isUnix = (text: string, transport: Transport): boolean =>
  transport === 'unix' || text.startsWith('unix:')
