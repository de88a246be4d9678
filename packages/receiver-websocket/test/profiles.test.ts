import { readFileSync } from 'node:fs'

import type { Span } from '@spanloom/core'
import { expect, it } from 'vitest'

import { HttpPeer } from './harness/http-peer.ts'
import { epoch, startRig, until } from './harness/rig.ts'
import { openScene } from './harness/scene.ts'

interface ProfileCase {
  readonly id: string
  readonly profile: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly frames: readonly { readonly dir: 'in' | 'out'; readonly at_ms?: number; readonly data: string }[]
  readonly expect: {
    readonly spans: readonly {
      readonly name: string
      readonly kind?: string
      readonly trace_id?: string
      readonly parent_span_id?: string
      readonly start_ms?: number
      readonly end_ms?: number
      readonly status?: string
      readonly attributes?: Readonly<Record<string, unknown>>
    }[]
  }
}

const { cases }: { readonly cases: readonly ProfileCase[] } = JSON.parse(
  readFileSync(new URL('fixtures/profiles.json', import.meta.url), 'utf8'),
)

it.each(cases.map((each) => [`${each.id} ${each.profile}`, each] as const))(
  '%s through a tap',
  async (_title, each) => {
    await using scene = await openScene(
      {
        id: each.id,
        mode: 'tap',
        title: '',
        config: { ...each.config, profile: each.profile, commands_from: 'client' },
        timeline: [],
        expect: {},
      },
      { destination: '/socket', callback_template: '/callback/{operation}' },
    )
    const { rig, peer, integrator } = scene
    for (const { dir, at_ms: at = 0, data } of each.frames) {
      await rig.clock.advance(epoch + at - rig.clock.now())
      const before = rig.frames()
      const settled = rig.sink.spanCount
      if (dir === 'in') integrator.socket?.send(data)
      else peer.socket.send(data)
      const passed = (): boolean =>
        (dir === 'in' ? peer.said : integrator.received).some((frame) => frame.data === data)
      await until(passed, 'the frame passes')
      if (dir === 'in') await until(() => rig.frames() > before, 'the frame is read')
      else if (!data.includes('"next"')) await until(() => rig.sink.spanCount > settled, 'the command ends')
      await rig.clock.advance(0)
    }

    const { spans } = each.expect
    await until(() => rig.sink.spanCount >= spans.length, 'all spans come')
    expect(rig.sink.spans).toHaveLength(spans.length)
    for (const [index, wanted] of spans.entries()) expect(plain(rig.sink.spans[index])).toMatchObject(wanted)
  },
)

function plain(span: Span | undefined): Readonly<Record<string, unknown>> {
  if (span === undefined) return {}
  const ms = (nanos: bigint): number => Number(nanos / 1_000_000n) - epoch
  return {
    name: span.name,
    kind: span.kind,
    trace_id: span.traceId,
    parent_span_id: span.parentSpanId,
    start_ms: ms(span.startTimeUnixNano),
    end_ms: ms(span.endTimeUnixNano),
    status: span.status.code,
    attributes: span.attributes,
  }
}

const cloudEvent = JSON.stringify({
  specversion: '1.0',
  id: 'e-1',
  source: '/shop',
  type: 'order.placed',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01',
})

it('agrees on the subprotocol of CloudEvents and makes a span of each event', async () => {
  await using local = await HttpPeer.listen(() => ({ status: 204 }))
  await using rig = await startRig({
    profile: 'cloudevents',
    listen: { endpoint: '127.0.0.1:0' },
    forward: { url: `${local.url}/events` },
  })
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(`ws://${rig.receiver.socketAddress}/`, ['other', 'cloudevents.json'])
  await new Promise((resolve) => socket.once('open', resolve))
  expect(socket.protocol).toBe('cloudevents.json')
  socket.send(cloudEvent)

  await until(() => rig.sink.spanCount === 2, 'the command and its forward are told')
  const span = rig.sink.spans.find(({ kind }) => kind === 'CONSUMER')
  expect(plain(span)).toMatchObject({
    name: 'process order.placed',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    parent_span_id: 'b9c7c989f97918e1',
    attributes: { 'cloudevents.event_id': 'e-1', 'cloudevents.event_source': '/shop' },
  })
  expect(local.requests[0]?.body.toString()).toBe(cloudEvent)
  socket.terminate()
})

it('answers JSON-RPC over the socket that asked', async () => {
  await using local = await HttpPeer.listen(({ body }) => {
    const { id } = JSON.parse(body.toString())
    const error = id === 8 ? { error: { code: -32_601, message: 'no' } } : { result: 'done' }
    return { status: 200, body: JSON.stringify({ jsonrpc: '2.0', id, ...error }) }
  })
  await using rig = await startRig({
    profile: 'json-rpc',
    framing: 'json_array',
    error_pointer: '/error/code',
    listen: { endpoint: '127.0.0.1:0' },
    forward: { url: `${local.url}/rpc` },
  })
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(`ws://${rig.receiver.socketAddress}/`)
  const answers: string[] = []
  socket.on('message', (data) => Buffer.isBuffer(data) && answers.push(data.toString()))
  await new Promise((resolve) => socket.once('open', resolve))
  const call = (id: number): string => JSON.stringify({ jsonrpc: '2.0', id, method: 'sum', params: [1, 2] })
  socket.send(`[ ${call(7)} ,\n${call(8)}]`)

  await until(() => answers.length === 2 && rig.sink.spanCount === 4, 'both are answered')
  expect(new Set(local.requests.map(({ body }) => body.toString().trim()))).toEqual(
    new Set([call(7), call(8)]),
  )
  const commands = rig.sink.spans.filter(({ kind }) => kind === 'CONSUMER')
  const outcome = new Map(
    commands.map((span) => [
      span.attribute('messaging.message.conversation_id'),
      [span.status.code, span.attribute('error.type')],
    ]),
  )
  expect(Object.fromEntries(outcome)).toEqual({ 7: ['UNSET', undefined], 8: ['ERROR', '-32601'] })
  socket.terminate()
})
