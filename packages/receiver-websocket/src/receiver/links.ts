import { createAddressGuard, type Host } from '@spanloom/core'

import { createHttpLink, type HttpLink } from '../http/http-link.ts'
import type { Works } from './works.ts'

/** Connections for callbacks: many may be under way while the other side is slow. */
const callbackConnections = 128

/**
 * The way to callback URLs. Names must not lead to private or special addresses, unless the settings allow the
 * network; `localhost` in the settings means what it says.
 */
export function createCallbackLink({ settings, clock }: Works, { offline }: Host): Promise<HttpLink> {
  const { callback } = settings
  const origins =
    callback === undefined ? [] : [callback.url.replaceAll('{operation}', 'x'), ...callback.allowed_origins]
  const local = origins.some((origin) => URL.parse(origin)?.hostname === 'localhost')
  const networks = [...(callback?.allow_networks ?? []), ...(local ? ['127.0.0.0/8', '::1/128'] : [])]
  const guard = createAddressGuard(networks)
  return createHttpLink({ clock, tls: settings.tls, connections: callbackConnections, guard, offline })
}

/** The way to the local API, which the settings alone choose. */
export function createForwardLink({ settings, clock }: Works, { offline }: Host): Promise<HttpLink> {
  const { tls, max_in_flight: connections } = settings
  return createHttpLink({ clock, tls, connections, guard: undefined, offline })
}
