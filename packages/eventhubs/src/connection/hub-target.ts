import { StartError } from '@spanloom/core'

import type { HubAuthConfig } from '../settings/auth-settings.ts'
import type { HubConnectionConfig } from '../settings/connection-settings.ts'
import { parseConnectionString, type ConnectionString } from './connection-string.ts'

/** Which hub, and how to prove who we are. */
export interface HubTarget {
  /** Host name of the namespace. */
  readonly namespace: string
  readonly hub: string
  readonly access:
    | { readonly kind: 'connection'; readonly connection: ConnectionString }
    | { readonly kind: 'entra'; readonly auth: HubAuthConfig }
}

/**
 * Makes one thing of `connection`, or of `auth` and `event_hub`.
 *
 * @throws StartError when they contradict each other or are not enough.
 */
export function hubTarget({ connection, event_hub, auth }: HubConnectionConfig): HubTarget {
  if (connection) {
    const parsed = parseConnectionString(connection)
    if (parsed.hub !== undefined && event_hub.name && parsed.hub !== event_hub.name)
      throw invalid('event_hub.name and the EntityPath of the connection string name different hubs')
    const hub = parsed.hub ?? event_hub.name
    if (!hub) throw invalid('neither event_hub.name nor an EntityPath in the connection string names the hub')
    return { namespace: parsed.host, hub, access: { kind: 'connection', connection: parsed } }
  }
  if (auth === undefined) throw invalid('it needs `connection` or `auth`')
  if (!event_hub.name || !event_hub.namespace)
    throw invalid('with `auth`, event_hub.namespace and event_hub.name are needed')
  return { namespace: event_hub.namespace, hub: event_hub.name, access: { kind: 'entra', auth } }
}

const invalid = (what: string): StartError =>
  new StartError('EVENT_HUB_INVALID', `The event hub cannot be reached as configured: ${what}.`)
