import { once } from 'node:events'
import { request as httpRequest } from 'node:http'

import { WebSocket } from 'ws'

import { HttpPeer } from './http-peer.ts'
import { startRig, type Rig, until } from './rig.ts'
import type { Scenario } from './scenario.ts'
import { type Received, record, SocketPeer } from './socket-peer.ts'

type Config = Readonly<Record<string, unknown>>

/** A receiver with real sockets on all sides, on a clock that stands still. */
export interface Scene extends AsyncDisposable {
  readonly rig: Rig
  readonly peer: SocketPeer
  readonly upstream: HttpPeer
  readonly local: HttpPeer
  /** The integrator's socket, in `tap`. */
  readonly integrator: { socket: WebSocket | undefined; readonly received: Received[] }
  connectIntegrator(path: string, headers: Readonly<Record<string, string>>): Promise<void>
  /** Posts to the callback proxy and resolves with the status of its answer. */
  callBack(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    method?: string,
  ): Promise<number>
}

/** Starts everything that a scenario needs. */
export async function openScene({ mode, config = {}, timeline }: Scenario, defaults: Config): Promise<Scene> {
  const peer = await SocketPeer.listen({ autoPong: mode === 'bridge' })
  const [upstream, local] = [await HttpPeer.listen(), await HttpPeer.listen()]
  const { callback, ...others } = config
  const common = {
    profile: defaults['profile'],
    response_timeout: defaults['response_timeout'],
    late_window: defaults['late_window'],
    span_headers: defaults['span_headers'],
    on_mismatch: defaults['on_mismatch'],
    violation_status: defaults['violation_status'],
    callback: {
      url: `${upstream.url}${String(defaults['callback_template'])}`,
      proxy: '127.0.0.1:0',
      ...(mode === 'bridge' ? { sign: { secret: defaults['secret'] } } : {}),
      ...(typeof callback === 'object' ? callback : {}),
    },
    ...others,
  }
  const rig = await startRig(
    mode === 'tap'
      ? { ...common, mode, listen: { endpoint: '127.0.0.1:0' }, upstream: peer.url }
      : {
          ...common,
          mode,
          connections: [
            {
              name: 'resto-1',
              tenant: defaults['resto_id'],
              url: `${peer.url}${String(defaults['destination'])}`,
            },
          ],
          forward: { url: `${local.url}${String(defaults['forward_template'])}` },
        },
  )
  const integrator: Scene['integrator'] = { socket: undefined, received: [] }
  const scene: Scene = {
    rig,
    peer,
    upstream,
    local,
    integrator,
    async connectIntegrator(path, headers) {
      const socket = new WebSocket(`ws://${rig.receiver.socketAddress}${path}`, { headers, autoPong: false })
      record(socket, integrator.received)
      integrator.socket = socket
      await once(socket, 'open')
    },
    callBack: (path, headers, body, method = 'POST') =>
      post(`http://${rig.receiver.callbackAddress}${path}`, method, headers, body),
    async [Symbol.asyncDispose]() {
      integrator.socket?.terminate()
      await rig[Symbol.asyncDispose]()
      await Promise.all([peer, upstream, local].map((each) => each[Symbol.asyncDispose]()))
    },
  }
  if (mode === 'bridge') await until(() => connections(rig, 'open') === 1, 'the bridge connects')
  else if (!timeline.some((step) => step.downstream_connect !== undefined))
    await scene.connectIntegrator(String(defaults['destination']), {
      authorization: 'Basic cmVzdG8tMTp0ZXN0',
    })
  return scene
}

/** Connections of a state. */
export const connections = (rig: Rig, state: string): number =>
  rig.counts.gauge('otelcol_receiver_websocket_connections', { state })

/** Sends one request whose headers are written as they are given. */
export function post(
  url: string,
  method: string,
  headers: Readonly<Record<string, string | readonly string[]>>,
  body: string | Buffer,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const flat = Object.entries({
    host: new URL(url).host,
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
  }).flatMap(([name, values]) =>
    (typeof values === 'string' ? [values] : values).flatMap((value) => [name, value]),
  )
  const request = httpRequest(url, { method, agent: false, headers: flat })
  request.on('error', reject)
  request.on('response', (response) => {
    response.resume()
    response.on('end', () => resolve(response.statusCode ?? 0))
    response.on('error', reject)
  })
  request.end(body)
  return promise
}
