import { once } from 'node:events'

import type { Span } from '@spanloom/core'
import { describe, expect, it } from 'vitest'

import { HttpPeer, type PeerAnswer, type PeerRequest } from './harness/http-peer.ts'
import { startRig, until } from './harness/rig.ts'
import { connections, openScene, post } from './harness/scene.ts'
import { SocketPeer } from './harness/socket-peer.ts'

const defaults = {
  profile: 'expirenza',
  destination: '/restaurantEntryPoint',
  resto_id: 'resto-1',
  secret: 'test-secret',
  forward_template: '/commands/{operation}',
  callback_template: '/callback/{operation}',
}
const open = (config: Readonly<Record<string, unknown>> = {}, mode: 'bridge' | 'tap' = 'bridge') =>
  openScene({ id: '', mode, title: '', timeline: [], expect: {}, config }, defaults)
const verbatim = 'c0a8017f6f2c4d98bd70a35c90f1f01'
const command = (rID: string, more: object = {}): string =>
  JSON.stringify({ rID, operation: 'getBill', ...more, __headers__: { 'trace-id': verbatim } })
const commandsIn = (spans: readonly Span[]): readonly Span[] =>
  spans.filter(({ kind }) => kind === 'CONSUMER')
const errorsOf = (spans: readonly Span[]): readonly unknown[] =>
  commandsIn(spans).map((span) => span.attribute('error.type'))

describe('load', () => {
  it('fails what does not fit into the queue as overload, and never pauses the socket', async () => {
    await using scene = await open({ max_in_flight: 1, max_queue: 1 })
    const { peer, local, rig } = scene
    for (const id of ['1', '2', '3', '4']) peer.socket.send(command(id))
    await until(() => rig.sink.spanCount === 2, 'two fail at once')
    expect(errorsOf(rig.sink.spans)).toEqual(['overload', 'overload'])
    peer.socket.ping('alive')
    await until(
      () => peer.said.some(({ type, data }) => type === 'pong' && data === 'alive'),
      'it answers pings',
    )
    expect(local.requests).toHaveLength(1)
    expect(rig.counts.count('otelcol_receiver_websocket_commands_overload')).toBe(2)
  })

  it('lets commands of one key wait for each other', async () => {
    await using scene = await open({ ordering: 'per_key', ordering_key: '/billId' })
    const { peer, local } = scene
    for (const [id, billId] of [
      ['1', 'a'],
      ['2', 'a'],
      ['3', 'b'],
    ] as const)
      peer.socket.send(command(id, { billId }))
    await until(() => local.requests.length === 2, 'one of each key is forwarded')
    expect(local.requests.map(({ body }) => JSON.parse(body.toString()).rID)).toEqual(['1', '3'])
    local.respond({ status: 204 })
    await until(() => local.requests.length === 3, 'the next of the key follows')
  })

  it('passes commands on without following them when there is no room', async () => {
    await using scene = await open({ max_pending: 1 })
    const { peer, local, upstream, rig } = scene
    for (const id of ['1', '2', '3']) peer.socket.send(command(id))
    await until(() => local.open === 3, 'all are forwarded')
    local.respond({ status: 202 })
    local.respond({ status: 200, body: '{"rID":"2"}' })
    local.respond({ status: 202 })
    await until(() => upstream.open === 1, 'a synchronous answer needs no following')
    expect(upstream.requests[0]?.headers['trace-id']).toBe(verbatim)
    upstream.respond({ status: 200 })
    await until(() => commandsIn(rig.sink.spans).length === 2, 'both that are not followed are told of')
    expect(commandsIn(rig.sink.spans).map((span) => span.attribute('spanloom.untracked'))).toEqual([
      true,
      true,
    ])
    expect(rig.counts.count('otelcol_receiver_websocket_commands_untracked')).toBe(2)
  })
})

describe('answers', () => {
  it.each([
    ['correct', 200, verbatim],
    ['pass', 200, 'other'],
    ['reject', 422, undefined],
  ])('with another id: %s', async (on_mismatch, status, sent) => {
    await using scene = await open({ on_mismatch })
    const { peer, local, upstream, rig } = scene
    peer.socket.send(command('1'))
    await until(() => local.open === 1, 'it is forwarded')
    local.respond({ status: 202 })
    await until(() => rig.sink.spanCount === 1, 'the local API has answered')
    const answer = post(
      `http://${rig.receiver.callbackAddress}/callback/getBill`,
      'POST',
      { 'trace-id': 'other' },
      '{"rID":"1"}',
    )
    if (sent !== undefined) {
      await until(() => upstream.open === 1, 'it is relayed')
      upstream.respond({ status: 200 })
    }
    expect(await answer).toBe(status)
    expect(upstream.requests.map(({ headers }) => headers['trace-id'])).toEqual(
      sent === undefined ? [] : [sent],
    )
    expect(rig.counts.count('otelcol_receiver_websocket_callback_trace_id', { verdict: 'changed' })).toBe(1)
    const warning = rig.telemetry.logger.lines.find(({ message }) => message.includes('unchanged'))
    expect(warning?.fields).toMatchObject({
      'trace-id': verbatim,
      rID: '1',
      operation: 'getBill',
      verdict: 'changed',
    })
  })

  it('that are refused for now may come again, those that are refused for good end the command', async () => {
    await using scene = await open()
    const { peer, local, upstream, rig } = scene
    const url = `http://${rig.receiver.callbackAddress}/callback/getBill`
    peer.socket.send(command('1'))
    await until(() => local.open === 1, 'it is forwarded')
    local.respond({ status: 202 })
    for (const status of [503, 429, 401]) {
      const answer = post(url, 'POST', {}, '{"rID":"1"}')
      await until(() => upstream.open === 1, 'it is relayed')
      upstream.respond({ status })
      expect(await answer).toBe(status)
    }
    await until(() => commandsIn(rig.sink.spans).length === 1, 'the command ends')
    expect(errorsOf(rig.sink.spans)).toEqual(['401'])
    expect(
      rig.sink.spans
        .filter(({ name }) => name.includes('/callback/'))
        .map((span) => span.attribute('error.type')),
    ).toEqual(['503', '429', '401'])
  })

  it('that overtake the local API end the command with the later of the two', async () => {
    await using scene = await open()
    const { peer, local, upstream, rig } = scene
    peer.socket.send(command('1'))
    await until(() => local.open === 1, 'it is forwarded')
    const answer = post(`http://${rig.receiver.callbackAddress}/callback/getBill`, 'POST', {}, '{"rID":"1"}')
    await until(() => upstream.open === 1, 'it is relayed')
    upstream.respond({ status: 200 })
    expect(await answer).toBe(200)
    expect(commandsIn(rig.sink.spans)).toEqual([])
    await rig.clock.advance(500)
    local.respond({ status: 202 })
    await until(() => commandsIn(rig.sink.spans).length === 1, 'the command ends')
    const [span] = commandsIn(rig.sink.spans)
    expect(Number((span?.endTimeUnixNano ?? 0n) - (span?.startTimeUnixNano ?? 0n))).toBe(500_000_000)
    expect(span?.status.code).toBe('UNSET')
  })

  it('that hold a business error make the command fail where the settings say so', async () => {
    await using scene = await open({ error_pointer: '/errCode', record_timeline: true })
    const { peer, local, upstream, rig } = scene
    peer.socket.send(command('1'))
    await until(() => local.open === 1, 'it is forwarded')
    local.respond({ status: 200, body: '{"rID":"1","errCode":7}' })
    await until(() => upstream.open === 1, 'it is delivered')
    upstream.respond({ status: 200 })
    await until(() => commandsIn(rig.sink.spans).length === 1, 'the command ends')
    expect(errorsOf(rig.sink.spans)).toEqual(['7'])
    expect(commandsIn(rig.sink.spans)[0]?.events.map(({ name }) => name)).toEqual([
      'forwarded',
      'local_answer',
      'callback',
    ])
  })
})

describe('deliveries', () => {
  it('are not forwarded twice where the settings say so', async () => {
    await using scene = await open({ on_duplicate: 'drop' })
    const { peer, local, rig } = scene
    peer.socket.send(command('1'))
    peer.socket.send(command('1'))
    await until(() => rig.sink.spanCount === 1 && local.open === 1, 'the second is told of')
    expect(rig.sink.spans[0]?.attribute('spanloom.delivery_count')).toBe(2)
    local.respond({ status: 204 })
    expect(local.requests).toHaveLength(1)
  })

  it('are repeated for the operations that are named, and for no other', async () => {
    const answers: PeerAnswer[] = [{ status: 500 }, { status: 200, body: '{"rID":"1"}' }, { status: 500 }]
    await using local = await HttpPeer.listen(() => answers.shift())
    await using upstream = await HttpPeer.listen(() => ({ status: 200 }))
    await using peer = await SocketPeer.listen()
    await using rig = await startRig({
      connections: [{ url: peer.url }],
      forward: { url: `${local.url}/{operation}`, retry: { operations: ['getBill'] } },
      callback: { url: `${upstream.url}/{operation}` },
    })
    await until(() => peer.sockets.length === 1, 'it connects')
    peer.socket.send(command('1'))
    await until(() => commandsIn(rig.sink.spans).length === 1, 'it is answered')
    peer.socket.send(command('2', { operation: 'payBill' }))
    await until(() => commandsIn(rig.sink.spans).length === 2, 'it fails')
    expect(errorsOf(rig.sink.spans)).toEqual([undefined, '500'])
    const forwards = rig.sink.spans.filter(
      ({ name }) => name === 'POST /{operation}' && local.requests.length > 0,
    )
    expect(forwards.some((span) => span.attribute('http.request.resend_count') === 1)).toBe(true)
    expect(local.requests.map(({ path }) => path)).toEqual(['/getBill', '/getBill', '/payBill'])
  })

  it('are told of when they begin, for an assembler', async () => {
    await using scene = await open({ start_fragments: true })
    const { peer, rig, local } = scene
    peer.socket.send(command('1'))
    await until(() => rig.sink.spanCount === 1, 'it is told of')
    const [start] = rig.sink.spans
    expect(start?.endTimeUnixNano).toBe(0n)
    expect(start?.attribute('spanloom.profile')).toBe('websocket_command')
    local.respond({ status: 500 })
    await until(() => rig.sink.spanCount === 3, 'it ends')
    const end = rig.sink.spans.find(
      ({ kind, endTimeUnixNano }) => kind === 'CONSUMER' && endTimeUnixNano > 0n,
    )
    expect([end?.spanId, end?.startTimeUnixNano]).toEqual([start?.spanId, start?.startTimeUnixNano])
  })
})

describe('the end', () => {
  it('lets what runs finish, tells of what is open, and says goodbye', async () => {
    await using scene = await open()
    const { peer, local, upstream, rig } = scene
    peer.socket.send(command('1'))
    peer.socket.send(command('2'))
    await until(() => local.open === 2, 'both are forwarded')
    local.respond({ status: 202 })
    await until(() => rig.sink.spanCount === 1, 'the first waits for its answer')
    const stopped = rig.receiver.shutdown(AbortSignal.timeout(10_000))
    peer.socket.send(command('3'))
    local.respond({ status: 200, body: '{"rID":"2"}' })
    await until(() => upstream.open === 1, 'the second is still answered')
    upstream.respond({ status: 200 })
    await stopped
    expect(
      new Map(
        commandsIn(rig.sink.spans).map((span) => [
          span.attribute('messaging.message.conversation_id'),
          span.attribute('error.type'),
        ]),
      ),
    ).toEqual(
      new Map([
        ['2', undefined],
        ['1', 'shutdown'],
      ]),
    )
    expect(peer.said.at(-1)).toMatchObject({ type: 'close', code: 1001 })
    expect(rig.telemetry.heldNow()).toBe(0)
    expect(local.requests).toHaveLength(2)
  })

  it('of a connection that is refused is reported, and not hurried', async () => {
    const refusals = ['401 Unauthorized\r\n', '503 Busy\r\nretry-after: 100\r\n']
    await using peer = await SocketPeer.listen({
      admit: () => {
        const line = refusals.shift()
        return line === undefined ? undefined : `HTTP/1.1 ${line}content-length: 0\r\n\r\n`
      },
    })
    await using local = await HttpPeer.listen((_request: PeerRequest) => ({ status: 204 }))
    await using rig = await startRig({
      connections: [{ url: peer.url }],
      reply: 'none',
      reconnect: { min_interval: '15s', max_interval: '60s', jitter: 0 },
      forward: { url: local.url },
    })
    const waits = (): boolean => connections(rig, 'waiting') === 1
    await until(waits, 'it is refused')
    expect(rig.telemetry.statusEvents.at(-1)?.kind).toBe('RecoverableError')
    await rig.clock.advance(59_999)
    expect(peer.handshakes).toHaveLength(1)
    await rig.clock.advance(1)
    await until(() => peer.handshakes.length === 2 && waits(), 'it is refused again')
    await rig.clock.advance(99_999)
    expect(peer.handshakes).toHaveLength(2)
    await rig.clock.advance(1)
    await until(() => connections(rig, 'open') === 1, 'it connects')
    expect(rig.telemetry.statusEvents.at(-1)?.kind).toBe('OK')
    expect(rig.counts.count('otelcol_receiver_websocket_reconnects', { reason: 'http_401' })).toBe(1)
  })
})

describe('a tap', () => {
  it('passes refusals on as they are', async () => {
    await using peer = await SocketPeer.listen({
      admit: () => 'HTTP/1.1 403 Forbidden\r\nx-why: paused\r\ncontent-length: 3\r\n\r\nno!',
    })
    await using rig = await startRig({ mode: 'tap', listen: { endpoint: '127.0.0.1:0' }, upstream: peer.url })
    const { WebSocket } = await import('ws')
    const socket = new WebSocket(`ws://${rig.receiver.socketAddress}/x?y=1`, ['one', 'two'])
    socket.on('error', () => undefined)
    const [, response] = await once(socket, 'unexpected-response')
    expect([response.statusCode, response.headers['x-why']]).toEqual([403, 'paused'])
    expect(peer.handshakes[0]?.url).toBe('/x?y=1')
    expect(peer.handshakes[0]?.headers['sec-websocket-protocol']).toBe('one,two')
    socket.terminate()
  })

  it('goes on passing when spans go nowhere', async () => {
    await using scene = await open({ max_waiting_spans: 2 }, 'tap')
    const { peer, integrator, rig } = scene
    rig.sink.refuseWith(new Error('The pipeline is broken.'))
    const frames = Array.from({ length: 50 }, (_, index) =>
      command(String(index), { operation: 'showMessage' }),
    )
    for (const frame of frames) peer.socket.send(frame)
    await until(() => integrator.received.length === frames.length, 'all pass')
    expect(integrator.received.map(({ data }) => data)).toEqual(frames)
    await until(() => rig.telemetry.dropped.get('buffer_full') === 48, 'what does not fit is counted')
    expect(rig.telemetry.heldNow()).toBe(2)
    rig.sink.refuseWith(undefined)
    await rig.clock.advance(1_000)
    await until(() => rig.sink.spanCount === 2, 'the rest comes when the pipeline is back')
  })

  it('keeps order and bytes of what a slow integrator takes late', async () => {
    await using scene = await open({ max_message_size: '4MiB' }, 'tap')
    const { peer, integrator } = scene
    integrator.socket?.pause()
    const frames = Array.from({ length: 60 }, (_, index) => `${index} ${'x'.repeat(300_000)}`)
    for (const frame of frames) peer.socket.send(frame)
    await until(() => peer.socket.bufferedAmount > 1_000_000, 'the sender is slowed down')
    integrator.socket?.resume()
    await until(() => integrator.received.length === frames.length, 'all pass')
    expect(integrator.received.every(({ data }, index) => data === frames[index])).toBe(true)
  })
})
