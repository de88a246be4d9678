import assert from 'node:assert/strict'

import type { WebSocket } from 'ws'

import { Bindings, expanded } from './bindings.ts'
import type { PeerRequest } from './http-peer.ts'
import { epoch, until } from './rig.ts'
import type { FrameStep, RequestExpectation, Step } from './scenario.ts'
import { connections, type Scene } from './scene.ts'
import type { Received } from './socket-peer.ts'

/** Plays a scenario, one step after the other: what a step causes has happened before the clock moves on. */
export class Player {
  readonly bindings: Bindings = new Bindings()
  readonly #scene: Scene
  #proxyAnswer: Promise<number> | undefined

  constructor(scene: Scene) {
    this.#scene = scene
  }

  async play(step: Step): Promise<void> {
    const { clock } = this.#scene.rig
    await clock.advance(epoch + step.at_ms - clock.now())
    await this.#act(step)
    await this.#check(step)
  }

  async #act(step: Step): Promise<void> {
    if (step.ws_in !== undefined) await this.#command(step.ws_in, 'bridge')
    if (step.upstream_ws !== undefined) await this.#command(step.upstream_ws, 'tap')
    if (step.downstream_ws !== undefined) await this.#fromIntegrator(step.downstream_ws)
    if (step.local_response !== undefined) await this.#localAnswer(step.local_response)
    if (step.proxy_in !== undefined) await this.#callBack(step.proxy_in)
    if (step.callback_response !== undefined) await this.#callbackAnswer(step.callback_response)
    if (step.downstream_connect !== undefined) {
      const { path, headers } = step.downstream_connect
      await this.#scene.connectIntegrator(path, headers)
    }
  }

  async #command(frame: FrameStep, mode: 'bridge' | 'tap'): Promise<void> {
    const { rig, peer, local, integrator } = this.#scene
    const [frames, passed] = [rig.frames(), integrator.received.length]
    send(peer.socket, frame)
    if (mode === 'tap') await until(() => integrator.received.length > passed, 'the frame passes')
    if (frame.type === 'ping' || frame.type === 'close') return
    await until(() => rig.frames() > frames, 'the frame is read')
    if (mode === 'tap') return
    const count = (name: string): number => rig.counts.count(`otelcol_receiver_websocket_${name}`)
    const queued = (): number => rig.counts.gauge('otelcol_receiver_websocket_queue_length')
    await until(
      () => local.requests.length + queued() === count('messages_received'),
      'the command is forwarded',
    )
  }

  async #fromIntegrator(frame: FrameStep): Promise<void> {
    const { integrator, peer } = this.#scene
    const before = peer.said.length
    if (integrator.socket !== undefined) send(integrator.socket, frame)
    await until(() => peer.said.length > before, 'the frame passes')
  }

  async #localAnswer({
    status,
    headers = {},
    body = '',
  }: NonNullable<Step['local_response']>): Promise<void> {
    const { rig, local, upstream } = this.#scene
    const [spans, callbacks] = [this.#spansOf('/commands/'), upstream.requests.length]
    local.respond({ status, headers, body })
    await until(() => this.#spansOf('/commands/') > spans, 'the forward ends')
    if (status === 200 && body !== '')
      await until(() => upstream.requests.length > callbacks, 'the answer is delivered')
    await rig.clock.advance(0)
  }

  async #callBack({ method, path, headers, body }: NonNullable<Step['proxy_in']>): Promise<void> {
    const { upstream } = this.#scene
    const before = upstream.requests.length
    this.#proxyAnswer = this.#scene.callBack(path, headers, body, method)
    this.#proxyAnswer.catch(() => undefined)
    await until(() => upstream.requests.length > before, 'the callback is relayed')
  }

  async #callbackAnswer({ status, times = 1 }: NonNullable<Step['callback_response']>): Promise<void> {
    const before = this.#spansOf('/callback/')
    await until(() => this.#scene.upstream.open >= times, 'the callback waits for its answer')
    for (let count = 0; count < times; count++) this.#scene.upstream.respond({ status })
    await until(() => this.#spansOf('/callback/') >= before + times, 'the callback ends')
  }

  async #check(step: Step): Promise<void> {
    const { rig, peer, local, upstream, integrator } = this.#scene
    if (step.expect_local_request !== undefined)
      this.#checkRequest(step.expect_local_request, local.requests.at(-1))
    if (step.expect_callback !== undefined) {
      const wanted = step.expect_callback
      await until(() => upstream.open > 0, 'the callback arrives')
      this.#checkRequest(wanted, upstream.requests.at(-1))
    }
    if (step.expect_local_requests !== undefined) {
      const wanted = step.expect_local_requests
      await until(() => local.requests.length >= wanted, 'the commands are forwarded')
      assert.equal(local.requests.length, wanted)
    }
    if (step.expect_no_callback === true) assert.equal(upstream.requests.length, 0)
    if (step.expect_proxy_response !== undefined)
      assert.equal(await this.#proxyAnswer, step.expect_proxy_response.status)
    if (step.expect_connects !== undefined) {
      const wanted = step.expect_connects
      await until(() => peer.handshakes.length >= wanted, 'the connection is made again')
      assert.equal(peer.handshakes.length, wanted)
    }
    if (step.expect_ws_close !== undefined) await this.#closed(step.expect_ws_close.code)
    if (step.expect_ws_terminated === true) await this.#closed(1006)
    if (step.expect_ws_out !== undefined) await heard(peer.said, step.expect_ws_out)
    if (step.expect_upstream_ws !== undefined) await heard(peer.said, step.expect_upstream_ws)
    if (step.expect_downstream_ws !== undefined) await heard(integrator.received, step.expect_downstream_ws)
    if (step.expect_upstream_connect !== undefined) {
      assert.equal(peer.handshakes.at(-1)?.url, step.expect_upstream_connect.path)
      assert.partialDeepStrictEqual(peer.handshakes.at(-1)?.headers, step.expect_upstream_connect.headers)
    }
    await rig.clock.advance(0)
  }

  async #closed(code: number): Promise<void> {
    const { peer, rig } = this.#scene
    await until(
      () => peer.said.some((each) => each.type === 'close' && each.code === code),
      `it is closed with ${code}`,
    )
    await until(() => connections(rig, 'waiting') === 1, 'the bridge waits')
  }

  #spansOf(part: string): number {
    return this.#scene.rig.sink.spans.filter(({ name, kind }) => kind === 'CLIENT' && name.includes(part))
      .length
  }

  #checkRequest(wanted: RequestExpectation, actual: PeerRequest | undefined): void {
    assert.ok(actual)
    if (wanted.method !== undefined) assert.equal(actual?.method, wanted.method)
    if (wanted.path !== undefined) assert.equal(actual?.path, wanted.path)
    if (wanted.body !== undefined) assert.equal(actual?.body.toString('utf8'), wanted.body)
    for (const [name, value] of Object.entries(wanted.headers ?? {})) {
      const header = actual?.headers[name.toLowerCase()]
      const fault = this.bindings.fault(value, typeof header === 'string' ? header : undefined)
      assert.equal(fault, undefined, name)
    }
    for (const name of wanted.absent_headers ?? []) assert.equal(actual?.headers[name], undefined)
  }
}

function send(socket: WebSocket, { type, data = '', base64 = '', code, reason }: FrameStep): void {
  if (type === 'text') socket.send(expanded(data))
  else if (type === 'binary') socket.send(Buffer.from(base64, 'base64'))
  else if (type === 'ping') socket.ping(data)
  else socket.close(code, reason)
}

/** Each expectation uses up what it found. */
async function heard(received: readonly Received[], wanted: FrameStep): Promise<void> {
  const data = wanted.data ?? wanted.base64 ?? wanted.reason ?? ''
  await until(
    () =>
      received.some((each) => each.type === wanted.type && each.data === data && each.code === wanted.code),
    `${wanted.type} ${data} arrives in ${JSON.stringify(received)}`,
  )
}
