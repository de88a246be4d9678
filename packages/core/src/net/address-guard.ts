import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

import { SpanloomError } from '../errors/errors.ts'

/** Asks a resolver for all addresses of a host, as `dns.lookup` does. */
export type ResolveAll = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * Networks that requests on behalf of others must not reach: what the IANA registries of special-purpose addresses do
 * not call globally reachable, with the forms of IPv6 that lead to an IPv4 address inside.
 */
const guarded: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

/** Decides which addresses may be connected to, against server-side request forgery. */
export interface AddressGuard {
  /** Whether a connection to this IP address is allowed. */
  allows(address: string): boolean
  /**
   * For the host of a URL that may be an address itself, which no resolver is asked about.
   *
   * @throws SpanloomError `ADDRESS_REFUSED`
   */
  checkHost(host: string): void
  /**
   * A `lookup` for `net.connect` and `tls.connect` that gives allowed addresses only. The connection goes to what was
   * checked, so that a name whose answer changes between check and use gains nothing. Fails with `ADDRESS_REFUSED`.
   */
  readonly lookup: LookupFunction
}

/**
 * A guard that refuses loopback, private, link-local, metadata, multicast and other special addresses, except those in
 * the networks given (CIDR, or single addresses).
 *
 * @throws SpanloomError `INVALID_NETWORK`
 */
export function createAddressGuard(
  allowNetworks: readonly string[],
  resolve: ResolveAll = systemLookup,
): AddressGuard {
  const allowed = blockList(allowNetworks)
  const refused = blockList(guarded)

  const allows = (address: string): boolean => {
    const family = isIP(address)
    if (family === 0) return false
    const type = family === 6 ? 'ipv6' : 'ipv4'
    return allowed.check(address, type) || !refused.check(address, type)
  }

  return {
    allows,
    checkHost(host) {
      const address = host.replaceAll(/^\[|\]$/g, '')
      if (isIP(address) !== 0 && !allows(address)) throw refusal(host)
    },
    lookup(host, options, done) {
      resolve(host, { ...options, all: true }, (error, addresses) => {
        if (error) return done(error, '', 0)
        const safe = addresses.filter(({ address }) => allows(address))
        const [first] = safe
        if (first === undefined) return done(refusal(host), '', 0)
        if (options.all === true) return done(null, safe)
        done(null, first.address, first.family)
      })
    },
  }
}

/** What is wrong with a network in a configuration; `undefined` if nothing. */
export function networkFault(network: string): string | undefined {
  const { address, prefix, family } = parse(network)
  if (isIP(address) === 0) return `"${network}" is no IP network such as 10.1.0.0/16`
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === 'ipv6' ? 128 : 32)) {
    return `"${network}" has no valid prefix length`
  }
  return undefined
}

function refusal(host: string): SpanloomError {
  return new SpanloomError(
    'ADDRESS_REFUSED',
    `the host ${host} has no address that may be connected to: it is private, local or special`,
    { hint: 'If that is meant, list its network in allow_networks.' },
  )
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const fault = networkFault(network)
    if (fault !== undefined) throw new SpanloomError('INVALID_NETWORK', fault)
    const { address, prefix, family } = parse(network)
    list.addSubnet(address, prefix, family)
  }
  return list
}

function parse(network: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', length] = network.split('/', 2)
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  const whole = family === 'ipv6' ? 128 : 32
  return {
    address,
    family,
    prefix: length === undefined ? whole : /^\d+$/.test(length) ? Number(length) : NaN,
  }
}
