import { hash } from 'node:crypto'

import { ConfigError, type Attributes, type ConsumeContext, Traces, span } from '@spanloom/core'
import { createComponent, TracesSink } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { attributesProcessor } from './attributes.ts'
import { resourceProcessor } from './resource.ts'

const ids = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
const context: ConsumeContext = {
  signal: new AbortController().signal,
  metadata: new Map([['tenant', ['blue', 'green']]]),
  clientAddress: '192.0.2.7',
}

async function run(
  actions: readonly unknown[],
  attributes: Attributes,
  rest: object = {},
): Promise<Attributes> {
  const next = new TracesSink()
  const processor = createComponent(attributesProcessor, { actions, ...rest }, { next })
  const input = span({ ...ids, name: 'checkout', attributes, resource: { 'service.name': 'shop' } })
  await processor.consumeTraces(Traces.of([input]), context)
  return { ...next.spans[0]?.attributes }
}

describe('attributes actions', () => {
  it('inserts only where the key is missing', async () => {
    expect(await run([{ key: 'a', value: 1, action: 'insert' }], { a: 'kept' })).toEqual({ a: 'kept' })
    expect(await run([{ key: 'a', value: 1, action: 'insert' }], {})).toEqual({ a: 1 })
  })

  it('updates only where the key exists', async () => {
    expect(await run([{ key: 'a', value: 'new', action: 'update' }], { a: 'old' })).toEqual({ a: 'new' })
    expect(await run([{ key: 'a', value: 'new', action: 'update' }], {})).toEqual({})
  })

  it('upserts from another attribute, in order', async () => {
    const actions = [
      { key: 'b', from_attribute: 'a', action: 'upsert' },
      { key: 'a', action: 'delete' },
      { key: 'c', from_attribute: 'a', action: 'upsert' },
    ]
    expect(await run(actions, { a: 'x', b: 'y' })).toEqual({ b: 'x' })
  })

  it('takes values from the request', async () => {
    const actions = [
      { key: 'tenant', from_context: 'metadata.Tenant', action: 'upsert' },
      { key: 'peer', from_context: 'client.address', action: 'upsert' },
      { key: 'nothing', from_context: 'metadata.absent', action: 'upsert' },
    ]
    expect(await run(actions, {})).toEqual({ tenant: 'blue;green', peer: '192.0.2.7' })
  })

  it('deletes and hashes by pattern', async () => {
    const actions = [
      { pattern: '^secret\\.', action: 'delete' },
      { pattern: '^user\\.', action: 'hash' },
    ]
    expect(await run(actions, { 'secret.a': 1, 'user.name': 'ann', 'user.age': 40, other: true })).toEqual({
      'user.name': hash('sha256', 'ann'),
      'user.age': hash('sha256', '40'),
      other: true,
    })
  })

  it('extracts named groups', async () => {
    const actions = [{ key: 'url', pattern: '^/(?P<area>[^/]+)/(?P<id>\\d+)', action: 'extract' }]
    expect(await run(actions, { url: '/orders/42' })).toEqual({ url: '/orders/42', area: 'orders', id: '42' })
  })

  it('converts what is a number and leaves the rest', async () => {
    const actions = [
      { key: 'a', converted_type: 'int', action: 'convert' },
      { key: 'b', converted_type: 'int', action: 'convert' },
      { key: 'c', converted_type: 'string', action: 'convert' },
    ]
    expect(await run(actions, { a: '42.9', b: 'many', c: 7 })).toEqual({ a: 42, b: 'many', c: '7' })
  })

  it('changes only spans that are included and not excluded', async () => {
    const actions = [{ key: 'seen', value: true, action: 'insert' }]
    const regexp = (service: string) => ({ match_type: 'regexp', services: [service] })
    expect(await run(actions, {}, { include: regexp('^sh') })).toEqual({ seen: true })
    expect(await run(actions, {}, { include: regexp('^no') })).toEqual({})
    expect(await run(actions, {}, { exclude: { match_type: 'strict', span_names: ['checkout'] } })).toEqual(
      {},
    )
  })

  it('hands on the very same batch when no action applies', async () => {
    const next = new TracesSink()
    const processor = createComponent(
      attributesProcessor,
      { actions: [{ key: 'x', action: 'delete' }] },
      { next },
    )
    const traces = Traces.of([span({ ...ids, name: 'a' })])

    await processor.consumeTraces(traces, context)

    expect(next.batches[0]).toBe(traces)
  })

  it('does not let a key named __proto__ reach a prototype', async () => {
    const changed = await run([{ key: '__proto__', value: 'x', action: 'upsert' }], {})
    expect(Object.getPrototypeOf(changed)).toBe(Object.prototype)
    expect('x' in Object.prototype).toBe(false)
  })

  it.each([
    [{ action: 'insert', key: 'a' }, 'exactly one of'],
    [{ action: 'insert', value: 1 }, 'missing required field "key"'],
    [{ action: 'extract', key: 'a' }, '"pattern" is required'],
    [{ action: 'extract', key: 'a', pattern: '(x)' }, 'no named groups'],
    [{ action: 'delete', pattern: '(' }, 'invalid regular expression'],
    [{ action: 'convert', key: 'a' }, '"converted_type" is required'],
    [{ action: 'upsert', key: 'a', from_context: 'auth.subject' }, 'must be "client.address"'],
  ])('refuses %j', (action, message) => {
    const create = (): unknown => createComponent(attributesProcessor, { actions: [action] })
    expect(create).toThrow(ConfigError)
    expect(create).toThrow(message)
  })
})

it('changes a resource once for all its spans', async () => {
  const next = new TracesSink()
  const attributes = [
    { key: 'host.name', value: 'h1', action: 'insert' },
    { key: 'process.command_line', action: 'delete' },
  ]
  const processor = createComponent(resourceProcessor, { attributes }, { next })
  const resource = { 'service.name': 'shop', 'process.command_line': 'run --token x' }
  const spans = ['1', '2'].map((digit) => span({ ...ids, spanId: digit.repeat(16), name: 'a', resource }))

  await processor.consumeTraces(Traces.of(spans), context)

  expect(next.spans.map((out) => ({ ...out.resource.attributes }))).toEqual([
    { 'service.name': 'shop', 'host.name': 'h1' },
    { 'service.name': 'shop', 'host.name': 'h1' },
  ])
  expect(next.batches[0]?.resourceSpansCount).toBe(1)
})
