import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIP } from 'node:net'

import { equalInConstantTime, HttpFault } from '@spanloom/core'

/** Who may ask for what. */
export interface GuardOptions {
  /** As configured, `host:port`. */
  readonly endpoint: string
  readonly allowedHosts: readonly string[]
  readonly secure: boolean
  readonly token: string | undefined
}

/** What the guard looks at. */
export interface GuardedRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly clientAddress: string | undefined
}

/**
 * Throws an `HttpFault` for a request that must not be answered. What is `restricted` needs the same right as a change,
 * though it is only read.
 */
export type Guard = (request: GuardedRequest, restricted?: boolean) => void

/**
 * Keeps web pages and strangers away: a name that is not ours (DNS rebinding), a page of another origin
 * (cross-site requests), and changes by anyone who neither has the token nor sits on this machine, and the data of users
 * from them.
 */
export function createGuard({ endpoint, allowedHosts, secure, token }: GuardOptions): Guard {
  const own = hostName(endpoint)
  const names = new Set([
    ...allowedHosts.map((name) => name.toLowerCase()),
    ...(own === undefined ? [] : [own]),
  ])
  return ({ method, headers, clientAddress }, restricted = method !== 'GET' && method !== 'HEAD') => {
    checkHost(headers.host, names)
    checkOrigin(headers, secure)
    if (restricted) checkRight(headers.authorization, clientAddress, token)
  }
}

function checkHost(header: string | undefined, names: ReadonlySet<string>): void {
  const name = header === undefined ? undefined : hostName(header)
  if (name !== undefined && (name === 'localhost' || isLoopback(name) || names.has(name))) return
  throw new HttpFault(403, 'HOST_REFUSED', 'The server is not asked under a name of its own.', {
    hint: 'See allowed_hosts.',
  })
}

function checkOrigin(headers: IncomingHttpHeaders, secure: boolean): void {
  const { origin, host = '', 'sec-fetch-site': site } = headers
  const ownSite = site === undefined || site === 'same-origin' || site === 'none'
  const ownOrigin = origin === undefined || origin === `${secure ? 'https' : 'http'}://${host}`
  if (ownSite && ownOrigin) return
  throw new HttpFault(403, 'ORIGIN_REFUSED', 'Pages of other origins are not served.')
}

function checkRight(
  authorization: string | undefined,
  clientAddress: string | undefined,
  token: string | undefined,
): void {
  if (token !== undefined) {
    const shown = /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1] ?? ''
    if (equalInConstantTime(shown, token)) return
    throw new HttpFault(401, 'TOKEN_REFUSED', 'The token is missing or wrong.', {
      headers: { 'WWW-Authenticate': 'Bearer' },
    })
  }
  // A connection over a unix socket has no address; who may use it is a matter of the file.
  if (clientAddress === undefined || isLoopback(clientAddress)) return
  throw new HttpFault(
    403,
    'CLIENT_REFUSED',
    'Without a token only clients on this machine may change something or see spans.',
  )
}

/** Whether a server at this endpoint can be reached from this machine only. */
export function isLocalEndpoint(endpoint: string, transport: string): boolean {
  if (transport === 'unix' || endpoint.startsWith('unix:')) return true
  const name = hostName(endpoint)
  return name !== undefined && (name === 'localhost' || isLoopback(name))
}

/** The host of `host:port`, in the one way of writing it that a URL knows; `undefined` if it is none. */
function hostName(text: string): string | undefined {
  if (/[\s/@?#\\]/.test(text)) return undefined
  const name = URL.parse(`http://${text}`)?.hostname.replace(/^\[|\]$/g, '')
  return name === '' ? undefined : name
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

function isLoopback(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}
