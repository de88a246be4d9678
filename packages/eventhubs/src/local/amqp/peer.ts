import { timingSafeEqual } from 'node:crypto'
import type { Duplex } from 'node:stream'

import type { ConnectionOptions, EventContext } from 'rhea'
import rhea from 'rhea'

import type { Namespace } from '../namespace.ts'
import { Grants } from './cbs.ts'
import { type AmqpCondition, condition } from './condition.ts'
import { Links, type OpenLink } from './links.ts'
import { peerSocket } from './peer-socket.ts'
import { keepRawMessages } from './raw-messages.ts'

/** Bytes of a frame, either way. */
const maxFrameSize = 65_536

/** A connection that was accepted. */
export interface Peer {
  readonly links: ReadonlySet<OpenLink>
  /** Closes the connection with an error, politely. */
  close(error: AmqpCondition): void
  /** Breaks the connection. */
  destroy(): void
}

/** Speaks AMQP 1.0 over an open stream until it is closed. */
export function acceptPeer(stream: Duplex, name: string, namespace: Namespace): Peer {
  const grants = new Grants()
  const links = new Links(namespace, grants)
  const container = rhea.create_container({ id: 'local-event-hubs' })
  addMechanisms(container.sasl_server_mechanisms, namespace, grants)

  const options: object = {
    container_id: 'local-event-hubs',
    max_frame_size: maxFrameSize,
    channel_max: 1023,
    // A fast reader stalls when the window of its session is the library's default of 2048 deliveries.
    session_buffer_size: 8192,
    receiver_options: { autoaccept: false, credit_window: 0 },
    autoaccept: false,
    credit_window: 0,
    reconnect: false,
  }
  const connection = container.create_connection(options as ConnectionOptions)
  container.on('session_open', ({ session }: EventContext) => {
    if (session === undefined) return
    // Twice the limit still gets a proper refusal; more is not worth the memory.
    keepRawMessages(session, namespace.maxMessageSize * 2, () =>
      connection.close(condition.tooLarge(namespace.maxMessageSize * 2, namespace.maxMessageSize)),
    )
  })
  container.on('receiver_open', ({ receiver }: EventContext) => receiver && links.onReceiver(receiver))
  container.on('sender_open', ({ sender }: EventContext) => sender && links.onSender(sender))
  // A peer that breaks the protocol or goes away is its own business, not ours.
  for (const event of ['error', 'protocol_error', 'connection_error', 'session_error', 'disconnected']) {
    container.on(event, () => undefined)
  }
  for (const event of [
    'connection_close',
    'session_close',
    'receiver_error',
    'sender_error',
    'receiver_close',
    'sender_close',
  ]) {
    container.on(event, () => undefined)
  }
  stream.once('close', () => links.close())
  connection['accept'](peerSocket(stream, name, maxFrameSize))
  return {
    links: links.open,
    close: (error) => connection.close(error),
    destroy: () => void stream.destroy(),
  }
}

interface Mechanisms {
  enable_anonymous(): void
  enable_plain(check: (user: string, password: string) => boolean): void
  [name: string]: unknown
}

/** ANONYMOUS and MSSBCBS leave it to `$cbs` who the peer is; PLAIN is the policy's name and key. */
function addMechanisms(mechanisms: Mechanisms, { policy }: Namespace, grants: Grants): void {
  mechanisms.enable_anonymous()
  mechanisms['MSSBCBS'] = mechanisms['ANONYMOUS']
  mechanisms.enable_plain((user, password) => {
    const isKnown = user === policy.keyName && isEqual(password, policy.key)
    if (isKnown) grants.grantAll()
    return isKnown
  })
}

function isEqual(given: string, expected: string): boolean {
  const one = Buffer.from(given)
  const other = Buffer.from(expected)
  return one.length === other.length && timingSafeEqual(one, other)
}
