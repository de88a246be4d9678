import { headerEntries, type Host, loadClientTls, type Offline, type TlsClientOptions } from '@spanloom/core'

import { createCallbackProxy } from '../answering/callback-proxy.ts'
import type { HttpLink } from '../http/http-link.ts'
import { createLocalServer, type LocalServer } from '../http/local-server.ts'
import { Downstream } from '../link/downstream.ts'
import { originOf } from '../link/origin.ts'
import { Upstream } from '../link/upstream.ts'
import { createCallbackLink, createForwardLink } from '../receiver/links.ts'
import type { Mode } from '../receiver/mode.ts'
import { UpstreamHealth } from '../receiver/upstream-health.ts'
import type { Works } from '../receiver/works.ts'
import { bytesOf } from '../settings/bytes.ts'
import {
  allowedOriginsOf,
  deliverySettingsOf,
  forwardSettingsOf,
  heartbeatOf,
  reconnectOf,
} from '../settings/read-settings.ts'
import type { Origin } from '../tracking/command.ts'
import { Bridge } from './bridge.ts'
import { decideForBridge } from './decide.ts'

/** Answers that wait for delivery may take this many bytes; beyond it, no further command is forwarded. */
const maxHeldBytes = 268_435_456

interface Running {
  readonly bridge: Bridge
  readonly links: readonly HttpLink[]
  readonly upstreams: readonly Upstream[]
}

/** The mode `bridge`: from the other side to the local API and back. */
export function createBridge(works: Works): Mode {
  const { settings, telemetry, clock, tenants } = works
  const stop = new AbortController()
  let running: Running | undefined
  let proxy: LocalServer | undefined
  let listener: LocalServer | undefined
  let downstream: Downstream | undefined
  let reading = true

  for (const { tenant = '' } of settings.connections ?? []) tenants.add(tenant)
  if (settings.listen !== undefined) tenants.add(settings.listen.tenant)

  const onFrame = (origin: Origin, data: Buffer, binary: boolean, send: (body: Buffer) => boolean): void => {
    if (!reading) return
    works.intake.frame(data, binary, 'commands', origin, (command, message, body) =>
      running?.bridge.take(command, message, body, send),
    )
  }

  const createUpstreams = (tls: TlsClientOptions): readonly Upstream[] => {
    const health = new UpstreamHealth(telemetry.status)
    return (settings.connections ?? []).map(({ name, url: text, tenant = '', headers }) => {
      const url = new URL(text)
      const connection = name ?? url.host
      const answersOnSocket = works.profile.reply === 'socket'
      const origin = originOf({ connection, tenant, url, answersOnSocket })
      return new Upstream({
        settings: {
          url,
          headers: Object.fromEntries(headerEntries(headers)),
          subprotocols: works.profile.subprotocols,
          openMessages: settings.open_messages,
          heartbeat: heartbeatOf(settings),
          livenessTimeoutMs: settings.liveness_timeout,
          connectTimeoutMs: settings.connect_timeout,
          reconnect: reconnectOf(settings),
          maxMessageBytes: bytesOf(settings.max_message_size),
        },
        origin,
        tls,
        telemetry,
        metrics: works.metrics,
        clock,
        random: works.random,
        onFrame: (data, binary, socket) =>
          onFrame(origin, data, binary, (body) => {
            if (socket.readyState !== socket.OPEN) return false
            socket.send(body, { binary: false })
            return true
          }),
        onTooLarge: () => works.intake.refused('too_large', origin),
        onState: (loss) => health.report(connection, loss),
      })
    })
  }

  const createDownstream = (listen: NonNullable<typeof settings.listen>): Downstream =>
    new Downstream({
      settings: {
        admission: {
          path: listen.path,
          basic: listen.basic,
          bearerToken: listen.bearer_token,
          header: listen.header,
          allowedOrigins: new Set(listen.allowed_origins),
          maxConnections: listen.max_connections,
        },
        subprotocols: works.profile.subprotocols,
        openMessages: settings.open_messages,
        heartbeat: heartbeatOf(settings),
        livenessTimeoutMs: settings.liveness_timeout,
        maxMessageBytes: bytesOf(settings.max_message_size),
      },
      clock,
      onConnection: (socket, request) => {
        const url = new URL(request.url ?? '/', `ws://${listener?.address ?? 'localhost'}`)
        const connection = request.socket.remoteAddress ?? 'client'
        const answersOnSocket = works.profile.reply === 'socket'
        const origin = originOf({ connection, tenant: listen.tenant, url, answersOnSocket })
        return {
          onFrame: (data, binary) =>
            onFrame(origin, data, binary, (body) => {
              if (socket.readyState !== socket.OPEN) return false
              socket.send(body, { binary: false })
              return true
            }),
          onTooLarge: () => works.intake.refused('too_large', origin),
        }
      },
    })

  /** Commands come out of anybody's hand, over the connection that is named first. */
  const takeCommands = (offline: Offline): void => {
    const [first] = settings.connections ?? []
    const url = new URL(first?.url ?? `ws://${settings.listen?.endpoint ?? 'localhost'}`)
    const tenant = (first === undefined ? settings.listen?.tenant : first.tenant) ?? ''
    const answersOnSocket = works.profile.reply === 'socket'
    const origin = originOf({ connection: first?.name ?? url.host, tenant, url, answersOnSocket })
    offline.takes('websocket', ({ body }) =>
      Promise.resolve(onFrame(origin, Buffer.from(body), false, () => true)),
    )
  }

  const createInner = (forwardLink: HttpLink, callbackLink: HttpLink): Bridge => {
    const forward = forwardSettingsOf(settings)
    if (forward === undefined) throw new TypeError('A bridge needs a local API.')
    const delivery = works.profile.reply === 'http' ? deliverySettingsOf(settings) : undefined
    const { emit, metrics, tracker, time, answers } = works
    const { logger } = telemetry
    const shared = { emit, logger, clock, time, signal: stop.signal }
    return new Bridge({
      tracker,
      answers,
      metrics,
      logger,
      time,
      forward: { ...shared, settings: forward, link: forwardLink, metrics, tracker },
      delivery: delivery && { ...shared, settings: delivery, link: callbackLink, random: works.random },
      limits: { maxInFlight: settings.max_in_flight, maxQueue: settings.max_queue, maxHeldBytes },
      onDuplicate: settings.on_duplicate,
      allowedOrigins: allowedOriginsOf(settings),
    })
  }

  return {
    get callbackAddress() {
      return proxy?.address
    },
    get socketAddress() {
      return listener?.address
    },
    async start(host: Host) {
      const { offline } = host
      const links = [await createForwardLink(works, host), await createCallbackLink(works, host)] as const
      const bridge = createInner(...links)
      const upstreams = offline === undefined ? createUpstreams(await loadClientTls(settings.tls)) : []
      running = { bridge, links, upstreams }
      works.view.queued = () => bridge.queued
      works.view.connections = () => statesOf(upstreams, downstream?.connections ?? 0)
      const { answers, tracker, profile } = works
      const decision = {
        answers,
        tracker,
        responseHeader: profile.responseHeader,
        onMismatch: settings.on_mismatch,
      }
      proxy = createCallbackProxy(works, {
        link: links[1],
        longBodies: 'refuse',
        decide: (answer, raw) => decideForBridge(decision, answer, raw),
        signal: stop.signal,
      })
      await proxy?.start(host)
      if (settings.listen !== undefined) {
        const inner = (downstream = createDownstream(settings.listen))
        const { endpoint, tls: serverTls } = settings.listen
        listener = createLocalServer({
          id: works.id,
          endpoint,
          tls: serverTls,
          telemetry,
          clock,
          handle: (_request, response) =>
            Promise.resolve(
              void response.writeHead(426, { upgrade: 'websocket', 'content-length': 0 }).end(),
            ),
          upgrade: (request, socket, head) => inner.upgrade(request, socket, head),
        })
        await listener.start(host)
      }
      telemetry.logger.info('Bridge started.', { callbacks: proxy?.address, listens: listener?.address })
      for (const upstream of upstreams) upstream.connect()
      if (offline !== undefined) takeCommands(offline)
    },
    async drain(signal) {
      reading = false
      if (running === undefined) return
      const over = new AbortController()
      const limit = AbortSignal.any([signal, over.signal])
      const timer = clock.schedule(settings.drain_timeout, () => over.abort())
      await Promise.race([running.bridge.drain(), aborted(limit)])
      await proxy?.stop(limit)
      timer.cancel()
    },
    async close(signal) {
      stop.abort(new Error('The receiver is shutting down.'))
      const { upstreams = [], links = [] } = running ?? {}
      await Promise.all([...upstreams.map((upstream) => upstream.close(signal)), downstream?.close(signal)])
      await Promise.all([proxy?.stop(signal), listener?.stop(signal)])
      await Promise.all(links.map((link) => link.close(signal)))
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function statesOf(upstreams: readonly Upstream[], downstream: number): ReadonlyMap<string, number> {
  const states = new Map<string, number>(['connecting', 'open', 'waiting'].map((state) => [state, 0]))
  for (const { state } of upstreams) states.set(state, (states.get(state) ?? 0) + 1)
  return states.set('open', (states.get('open') ?? 0) + downstream)
}
