import type { Attributes } from '@spanloom/core'

import { portOf } from '../spans/exchange-span.ts'
import type { Origin } from '../tracking/command.ts'

/** What is known of a connection when it begins. */
export interface OriginFacts {
  readonly connection: string
  readonly tenant: string
  /** URL of the socket, as its server is called. */
  readonly url: URL
  /** Answers come over the socket, so that ids count within this connection only. */
  readonly answersOnSocket: boolean
}

let connections = 0

/** The origin of the commands of one connection. */
export function originOf({ connection, tenant, url, answersOnSocket }: OriginFacts): Origin {
  return {
    scope: answersOnSocket ? `socket ${(connections += 1)}` : tenant,
    tenant,
    connection,
    attributes: attributesOf(url),
  }
}

function attributesOf(url: URL): Attributes {
  return {
    'messaging.system': 'websocket',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': url.pathname,
    'server.address': url.hostname,
    'server.port': portOf(url),
    'network.protocol.name': 'websocket',
  }
}
