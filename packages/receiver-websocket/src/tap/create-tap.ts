import type { IncomingMessage } from 'node:http'

import { type Host, loadClientTls, type Offline } from '@spanloom/core'

import { createCallbackProxy } from '../answering/callback-proxy.ts'
import type { HttpLink } from '../http/http-link.ts'
import { createLocalServer, type LocalServer } from '../http/local-server.ts'
import { originOf } from '../link/origin.ts'
import { createCallbackLink } from '../receiver/links.ts'
import type { Mode } from '../receiver/mode.ts'
import type { Works } from '../receiver/works.ts'
import { bytesOf } from '../settings/bytes.ts'
import type { Command } from '../tracking/command.ts'
import { decideForTap } from './decide.ts'
import { SocketRelay } from './socket-relay.ts'
import type { Observer } from './splice.ts'

/** The mode `tap`: everything passes unchanged, and is looked at. */
export function createTap(works: Works): Mode {
  const { settings, telemetry, clock } = works
  const stop = new AbortController()
  let relay: SocketRelay | undefined
  let sockets: LocalServer | undefined
  let callbacks: LocalServer | undefined
  let link: HttpLink | undefined

  return {
    get callbackAddress() {
      return callbacks?.address
    },
    get socketAddress() {
      return sockets?.address
    },
    async start(host: Host) {
      const { listen, upstream } = settings
      if (listen === undefined || upstream === undefined) throw new TypeError('A tap needs two sides.')
      link = await createCallbackLink(works, host)
      callbacks = createCallbackProxy(works, {
        link,
        longBodies: 'pass',
        decide: (answer, raw) => decideForTap(works, answer, raw),
        signal: stop.signal,
      })
      await callbacks?.start(host)
      if (host.offline !== undefined) return takeFrames(works, host.offline, upstream)
      const inner = (relay = new SocketRelay({
        settings: {
          upstream: new URL(upstream),
          connectTimeoutMs: settings.connect_timeout,
          maxMessageBytes: bytesOf(settings.max_message_size),
          maxConnections: listen.max_connections,
        },
        tls: await loadClientTls(settings.tls),
        clock,
        logger: telemetry.logger,
        observe: (url, request) => observe(works, url, peerOf(works, request)),
      }))
      works.view.connections = () =>
        new Map([
          ['connecting', inner.connecting],
          ['open', inner.connections],
        ])
      sockets = createLocalServer({
        id: works.id,
        endpoint: listen.endpoint,
        tls: listen.tls,
        telemetry,
        clock,
        handle: (_request, response) =>
          Promise.resolve(void response.writeHead(426, { upgrade: 'websocket', 'content-length': 0 }).end()),
        upgrade: (request, socket, head) => inner.upgrade(request, socket, head),
      })
      await sockets.start(host)
      telemetry.logger.info('Tap started.', { listens: sockets.address, callbacks: callbacks?.address })
    },
    async drain(signal) {
      await callbacks?.stop(signal)
    },
    async close(signal) {
      await Promise.all([relay?.close(signal), sockets?.stop(signal), callbacks?.stop(signal)])
      stop.abort(new Error('The receiver is shutting down.'))
      await link?.close(signal)
    },
  }
}

interface Peer {
  readonly tenant: string
  readonly connection: string
}

function peerOf({ settings }: Works, { headers, socket }: IncomingMessage): Peer {
  const tenant = userOf(headers.authorization) ?? settings.listen?.tenant ?? ''
  return { tenant, connection: socket.remoteAddress ?? 'client' }
}

/** Commands come out of anybody's hand, over one connection to the path that is named first. */
function takeFrames(works: Works, offline: Offline, upstream: string): void {
  const side = works.profile.commandsFrom === 'server' ? 'fromServer' : 'fromClient'
  const observers = new Map<string, Observer>()
  offline.takes('websocket', ({ body, path = '/', headers }) => {
    const url = new URL(path, upstream)
    let observer = observers.get(url.href)
    if (observer === undefined) {
      const tenant = userOf(headers['authorization']) ?? works.settings.listen?.tenant ?? ''
      observers.set(url.href, (observer = observe(works, url, { tenant, connection: 'client' })))
    }
    return Promise.resolve(observer[side](Buffer.from(body), false))
  })
}

/** Looks at the frames of one connection. Whatever goes wrong here must not touch the traffic. */
function observe(works: Works, url: URL, { tenant, connection }: Peer): Observer {
  const { intake, tracker, tenants, profile, time, telemetry } = works
  const origin = originOf({ connection, tenant, url, answersOnSocket: profile.reply === 'socket' })
  tenants.add(tenant)
  const fromServer = profile.commandsFrom === 'server' ? 'commands' : 'replies'
  const fromClient = profile.commandsFrom === 'client' ? 'commands' : 'replies'

  const onCommand = (command: Command): void => {
    // There was no room to follow it: all that there is to tell is that it came.
    if (command.state === 'untracked') tracker.end(command, { at: command.receivedAt })
  }
  const look = (data: Buffer, binary: boolean, side: 'commands' | 'replies'): void => {
    try {
      intake.frame(data, binary, side, origin, onCommand)
    } catch (error) {
      telemetry.logger.error('A message could not be looked at; it has passed.', { error })
    }
  }
  return {
    fromServer: (data, binary) => look(data, binary, fromServer),
    fromClient: (data, binary) => look(data, binary, fromClient),
    tooLarge: () => intake.refused('too_large', origin),
    unreadable: () =>
      telemetry.logger.warn('The traffic of a connection cannot be read; it passes unobserved.', {
        connection,
      }),
    closed: () => {
      tenants.remove(tenant)
      // Answers over the socket cannot come any more.
      if (profile.reply === 'socket')
        tracker.endScope(origin.scope, { at: time(), errorType: 'connection_error' })
    },
  }
}

/** The user of basic authentication, which names the tenant. */
function userOf(authorization: string | undefined): string | undefined {
  const [, encoded] = /^basic +([\w+/=-]+)$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const credentials = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = credentials.indexOf(':')
  return colon < 0 ? undefined : credentials.slice(0, colon)
}
