import { once } from 'node:events'
import { deflateRawSync, gzipSync } from 'node:zlib'

import { createAddressGuard, systemClock, tlsClientSettings } from '@spanloom/core'
import { createComponent, testHost, testTelemetry, TracesSink } from '@spanloom/core/testing'
import { websocketReceiver } from '@spanloom/receiver-websocket'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

import { createHttpLink } from '../src/http/http-link.ts'
import { HttpPeer } from './harness/http-peer.ts'
import { startRig, until } from './harness/rig.ts'
import { openScene, post } from './harness/scene.ts'
import { SocketPeer } from './harness/socket-peer.ts'

const command = (rID: string, more: object = {}): string =>
  JSON.stringify({
    rID,
    operation: 'getBill',
    __headers__: { 'trace-id': 'c0a8017f6f2c4d98bd70a35c90f1f01' },
    ...more,
  })

describe('callback URLs', () => {
  it('go to the configured origin and to those that are allowed, and nowhere else', async () => {
    await using local = await HttpPeer.listen(() => ({ status: 200, body: '{}' }))
    const [home, friend, stranger] = [
      await HttpPeer.listen(() => ({ status: 200 })),
      await HttpPeer.listen(() => ({ status: 200 })),
      await HttpPeer.listen(() => ({ status: 200 })),
    ]
    await using peer = await SocketPeer.listen()
    await using rig = await startRig({
      connections: [{ url: peer.url }],
      forward: { url: `${local.url}/{operation}` },
      callback: {
        url: `${home.url}/callback/{operation}`,
        url_pointer: '/replyTo',
        allowed_origins: [friend.url],
      },
    })
    await until(() => peer.sockets.length === 1, 'the bridge connects')
    const replies = [
      undefined,
      `${friend.url}/answers`,
      `${stranger.url}/answers`,
      `http://user:secret@127.0.0.1:${friend.port}/`,
      `${friend.url}@127.0.0.1:${stranger.port}/`,
      'http://169.254.169.254/latest/meta-data',
      'file:///etc/passwd',
      '//evil.example',
      17,
    ]
    for (const [index, replyTo] of replies.entries()) peer.socket.send(command(`r-${index}`, { replyTo }))
    await until(
      () =>
        rig.telemetry.heldNow() === 0 &&
        rig.sink.spans.filter(({ kind }) => kind === 'CONSUMER').length === replies.length,
      'all end',
    )

    expect([home, friend, stranger].map(({ requests }) => requests.length)).toEqual([1, 1, 0])
    const refused = rig.sink.spans.filter((span) => span.attribute('error.type') === 'callback_url_refused')
    expect(refused).toHaveLength(replies.length - 2)
    expect(JSON.stringify(rig.telemetry.logger.lines)).not.toContain('secret')
    for (const each of [home, friend, stranger]) await each[Symbol.asyncDispose]()
  })

  it('are not resolved to private addresses, neither at first nor later', async () => {
    await using inside = await HttpPeer.listen(() => ({ status: 200 }))
    const answers = [['93.184.216.34', '127.0.0.1'], ['127.0.0.1'], ['::ffff:127.0.0.1'], ['169.254.169.254']]
    for (const addresses of answers) {
      const guard = createAddressGuard([], (_host, _options, done) =>
        done(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        ),
      )
      // A resolver that the guard was talked out of: the address of the connection itself is looked at as well.
      const fooled = {
        ...guard,
        lookup: createAddressGuard(['0.0.0.0/0', '::/0'], (_host, _options, done) =>
          done(null, [{ address: '127.0.0.1', family: 4 }]),
        ).lookup,
      }
      for (const each of addresses.length === 1 ? [guard, fooled] : [fooled]) {
        const link = await createHttpLink({
          clock: systemClock,
          tls: tlsDefaults,
          connections: 1,
          guard: each,
        })
        const sent = link.send({
          method: 'POST',
          url: new URL(`http://connector.example.test:${inside.port}/callback`),
          headers: [],
          body: Buffer.from('{}'),
          timeoutMs: 5_000,
          maxBytes: 100,
          signal: AbortSignal.timeout(5_000),
        })
        await expect(sent).rejects.toMatchObject({ failure: 'address_refused' })
        await link.close(AbortSignal.abort())
      }
    }
    expect(inside.requests).toEqual([])
  })

  it('of the callback proxy are always those of the settings', async () => {
    await using stranger = await HttpPeer.listen(() => ({ status: 200 }))
    await using scene = await openScene(
      { id: '', mode: 'bridge', title: '', timeline: [], expect: {} },
      defaults,
    )
    const { rig, upstream } = scene
    const address = rig.receiver.callbackAddress ?? ''
    const [host = '', port = ''] = address.split(':')
    const ask = async (target: string): Promise<string> => {
      const { connect } = await import('node:net')
      const socket = connect(Number(port), host)
      socket.write(
        `POST ${target} HTTP/1.1\r\nhost: ${stranger.url.slice(7)}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
      )
      let text = ''
      for await (const chunk of socket) text += String(chunk)
      return text.split('\r\n', 1)[0] ?? ''
    }
    expect(await ask(`${stranger.url}/callback/getBill`)).toContain('400')
    const pending = ask(`//127.0.0.1:${stranger.port}/callback/getBill`)
    await until(() => upstream.open === 1, 'it goes to the configured origin')
    upstream.respond({ status: 200 })
    expect(await pending).toContain('200')
    expect(upstream.requests[0]?.path).toBe(`//127.0.0.1:${stranger.port}/callback/getBill`)
    expect(upstream.requests[0]?.headers.host).toBe(upstream.url.slice(7))
    expect(stranger.requests).toEqual([])
  })
})

const defaults = {
  profile: 'expirenza',
  destination: '/restaurantEntryPoint',
  resto_id: 'resto-1',
  secret: 'test-secret',
  forward_template: '/commands/{operation}',
  callback_template: '/callback/{operation}',
}
const tlsDefaults = {
  insecure: false,
  insecure_skip_verify: false,
  include_system_ca_certs_pool: false,
  min_version: tlsClientSettings.properties.min_version.default,
} as const

describe('header values from messages', () => {
  it('are sent as they are or not at all', async () => {
    const hostile = [
      'a\r\nx-evil: 1',
      'a\nx-evil: 1',
      'a\0b',
      'ключ',
      'a\u007f',
      'x'.repeat(1025),
      '\t',
      'a\u2028b',
      ' blank ',
      '-ok_~!',
      'ö',
    ]
    await using local = await HttpPeer.listen(({ body }) => ({ status: 200, body }))
    await using upstream = await HttpPeer.listen(() => ({ status: 200 }))
    await using peer = await SocketPeer.listen()
    await using _rig = await startRig({
      connections: [{ url: peer.url }],
      forward: { url: `${local.url}/commands/{operation}`, request_id_header: 'x-request-id' },
      callback: { url: `${upstream.url}/callback/{operation}` },
    })
    await until(() => peer.sockets.length === 1, 'the bridge connects')
    for (const value of hostile)
      peer.socket.send(
        JSON.stringify({
          rID: value,
          operation: 'a/../b?c#d',
          __headers__: { 'trace-id': value, 'span-id': value },
        }),
      )
    await until(() => upstream.requests.length === hostile.length, 'all are answered')

    const sent = [...local.requests, ...upstream.requests]
    expect(new Set(sent.map(({ path }) => path))).toEqual(
      new Set(['/commands/a%2F..%2Fb%3Fc%23d', '/callback/a%2F..%2Fb%3Fc%23d']),
    )
    for (const { rawHeaders } of sent) {
      const names = rawHeaders.filter((_, index) => index % 2 === 0)
      expect(names.filter((name) => /evil/i.test(name))).toEqual([])
    }
    const values = (name: string, requests: typeof sent): readonly unknown[] =>
      requests.flatMap(({ headers }) => headers[name] ?? [])
    for (const name of ['trace-id', 'parent-span-id'])
      expect(new Set(values(name, upstream.requests))).toEqual(new Set(['blank', '-ok_~!']))
    expect(new Set(values('x-request-id', local.requests))).toEqual(new Set(['blank', '-ok_~!']))
  })
})

/** One frame, as a server sends it. */
function frame(first: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([first, payload.length])
      : Buffer.from([first, 126, payload.length >> 8, payload.length & 0xff])
  return Buffer.concat([head, payload])
}

describe('frames', () => {
  it.each(['bridge', 'tap'] as const)('over the limit close the connection with 1009 (%s)', async (mode) => {
    await using scene = await openScene(
      { id: '', mode, title: '', timeline: [], config: { max_message_size: '1KiB' }, expect: {} },
      defaults,
    )
    const { rig, peer, integrator } = scene
    peer.socket.send('{"small":1}')
    peer.socket.send('x'.repeat(1025))

    await until(
      () => peer.said.some(({ type, code }) => type === 'close' && code === 1009),
      'it is closed with 1009',
    )
    expect(rig.counts.count('otelcol_receiver_websocket_messages_error', { reason: 'too_large' })).toBe(1)
    if (mode === 'tap') {
      await until(
        () => integrator.received.some(({ type }) => type === 'close'),
        'the integrator hears of it',
      )
      // oxlint-disable-next-line vitest/no-conditional-expect -- one of two modes
      expect(integrator.received).toEqual([
        { type: 'text', data: '{"small":1}' },
        { type: 'close', data: '', code: 1009 },
      ])
    }
  })

  it('that are compressed are refused unread: nobody agreed on it', async () => {
    const bomb = deflateRawSync(Buffer.alloc(8 * 1024 * 1024, 'x'))
    expect(bomb.length).toBeLessThan(65_536)
    await using peer = await SocketPeer.listen({ deflate: true })
    await using local = await HttpPeer.listen(() => ({ status: 204 }))
    await using rig = await startRig({
      connections: [{ url: peer.url }],
      reply: 'none',
      forward: { url: local.url },
    })
    await until(() => peer.sockets.length === 1, 'the bridge connects')
    expect(peer.handshakes[0]?.headers['sec-websocket-extensions']).toBeUndefined()
    const raw: unknown = Reflect.get(peer.socket, '_socket')
    if (typeof raw === 'object' && raw !== null && 'write' in raw && typeof raw.write === 'function')
      raw.write(frame(0xc1, bomb))

    await until(() => peer.said.some(({ type }) => type === 'close'), 'it is closed')
    expect(peer.said.at(-1)?.code).toBe(1002)
    expect(rig.sink.spanCount).toBe(0)
  })

  it('do not agree on compression through a tap either', async () => {
    await using peer = await SocketPeer.listen({ deflate: true, autoPong: false })
    await using upstream = await HttpPeer.listen(() => ({ status: 200 }))
    await using rig = await startRig({
      mode: 'tap',
      listen: { endpoint: '127.0.0.1:0' },
      upstream: peer.url,
      callback: { url: upstream.url, proxy: '127.0.0.1:0' },
    })
    const socket = new WebSocket(`ws://${rig.receiver.socketAddress}/x`, { perMessageDeflate: true })
    await once(socket, 'open')
    expect(socket.extensions).toBe('')
    const long = command('r-1', { filler: 'y'.repeat(100_000) })
    peer.socket.send(long)
    await until(() => rig.counts.count('otelcol_receiver_websocket_messages_received') === 1, 'it is read')
    socket.terminate()
  })

  it('of callbacks are unpacked up to a limit only, and pass untouched', async () => {
    const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024, ' '))
    await using scene = await openScene(
      { id: '', mode: 'bridge', title: '', timeline: [], expect: {} },
      defaults,
    )
    const { rig, upstream } = scene
    const answer = post(
      `http://${rig.receiver.callbackAddress}/callback/getBill`,
      'POST',
      { 'content-encoding': 'gzip' },
      bomb,
    )
    await until(() => upstream.open === 1, 'it is relayed')
    upstream.respond({ status: 200 })
    expect(await answer).toBe(200)
    expect(upstream.requests[0]?.body.equals(bomb)).toBe(true)
    expect(rig.sink.spans[0]?.attribute('spanloom.trace_id')).toBeUndefined()
  })
})

it('tells nobody of basic authentication, cookies, tokens and secrets', async () => {
  const secrets = [
    'cmVzdG8tMTpoZW1saWNo',
    'system=Geheim',
    'sign-me-not',
    'forward-token',
    'pw-in-url',
    'tok-in-query',
  ]
  await using local = await HttpPeer.listen(() => ({ status: 500 }))
  await using peer = await SocketPeer.listen({
    admit: ({ url }) =>
      url?.includes('no') === true ? 'HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n' : undefined,
  })
  const telemetry = testTelemetry()
  const sink = new TracesSink()
  const headers = { Authorization: `Basic ${secrets[0]}`, cookie: String(secrets[1]) }
  const receiver = createComponent(
    websocketReceiver,
    {
      connections: [
        {
          name: 'one',
          url: `${peer.url.replace('ws://', 'ws://user:pw-in-url@')}/yes?token=tok-in-query`,
          headers,
        },
        { name: 'two', url: `${peer.url}/no?token=tok-in-query`, headers },
        { name: 'three', url: 'ws://127.0.0.1:1/no?token=tok-in-query', headers },
      ],
      forward: { url: `${local.url}/x?key=tok-in-query`, headers: { 'x-token': secrets[3] } },
      callback: { url: 'http://127.0.0.1:1/{operation}?sig=tok-in-query', sign: { secret: secrets[2] } },
      log_commands: true,
    },
    { telemetry, next: sink },
  )
  await receiver.start(testHost())
  await until(() => peer.sockets.length === 1, 'it connects')
  await until(
    () => telemetry.logger.lines.filter(({ message }) => message.includes('is gone')).length === 2,
    'two fail',
  )
  peer.socket.send(command('r-1'))
  await until(() => sink.spanCount === 2, 'the command fails')
  await receiver.shutdown(AbortSignal.timeout(2_000))

  expect(peer.handshakes[0]?.headers.cookie).toBe(secrets[1])
  const told = JSON.stringify([
    telemetry.logger.lines,
    sink.spans.map(({ attributes }) => attributes),
    telemetry.statusEvents.map(({ error }) => String(error)),
  ])
  for (const secret of secrets) expect(told).not.toContain(secret)
  expect(told).toContain('c0a8017f6f2c4d98bd70a35c90f1f01')
})

it('does not let web pages or strangers in', async () => {
  await using local = await HttpPeer.listen(() => ({ status: 204 }))
  await using rig = await startRig({
    listen: {
      endpoint: '127.0.0.1:0',
      path: '/in',
      basic: { username: 'u', password: 'p' },
      allowed_origins: ['https://ok.example'],
      max_connections: 1,
    },
    reply: 'none',
    forward: { url: local.url },
  })
  const open = async (path: string, headers: Record<string, string>): Promise<number> => {
    const socket = new WebSocket(`ws://${rig.receiver.socketAddress}${path}`, { headers })
    const { promise, resolve } = Promise.withResolvers<number>()
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => undefined)
    return promise
  }
  const authorization = `Basic ${Buffer.from('u:p').toString('base64')}`
  expect(await open('/in', {})).toBe(401)
  expect(await open('/in', { authorization: `${authorization}x` })).toBe(401)
  expect(await open('/elsewhere', { authorization })).toBe(404)
  expect(await open('/in', { authorization, origin: 'https://evil.example' })).toBe(403)
  expect(await open('/in', { authorization, origin: 'https://ok.example' })).toBe(101)
  expect(await open('/in', { authorization })).toBe(503)
})

it('answers a body that is too large with 413', async () => {
  await using scene = await openScene(
    {
      id: '',
      mode: 'bridge',
      title: '',
      timeline: [],
      config: { callback: { max_body_size: 100 } },
      expect: {},
    },
    defaults,
  )
  const { rig } = scene
  const url = `http://${rig.receiver.callbackAddress}/callback/getBill`
  expect(await post(url, 'POST', {}, 'x'.repeat(101))).toBe(413)
  expect(scene.upstream.requests).toEqual([])
})
