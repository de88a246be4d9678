import { describe, expect, it } from 'vitest'

import { arrivalMs } from './fixtures.ts'
import { fragmentOf, fragmentsOf, nanos, type Payload, reasonOf } from './translation.ts'

const event = (more: Payload = {}): Payload => ({
  id: '42',
  action: 'start',
  type: 'deploy',
  namespace: 'shop',
  ...more,
})
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('a custom event', () => {
  it('starts an operation at its time, else when it arrives', () => {
    expect(fragmentOf('customhttp', event({ timestamp: '2026-01-29T17:25:48.819Z' }))).toMatchObject({
      startTimeUnixNano: nanos('2026-01-29T17:25:48.819Z'),
    })
    expect(fragmentOf('customhttp', event({ timestamp: 'soon' })).startTimeUnixNano).toBe(
      `${arrivalMs}000000`,
    )
  })

  it('ends it, with an error if it says so', () => {
    expect(fragmentOf('customhttp', event({ action: 'end', error: true }))).toMatchObject({
      startTimeUnixNano: '0',
      endTimeUnixNano: `${arrivalMs}000000`,
      status: { code: 'ERROR' },
      attributes: { error: true, 'error.type': '_OTHER' },
    })
    expect(fragmentOf('customhttp', event({ action: 'end', error: 'yes' })).status.code).toBe('UNSET')
  })

  it('is kept as a span event where it is neither', () => {
    expect(fragmentOf('customhttp', event({ action: 'approved' })).events).toMatchObject([
      { name: 'approved' },
    ])
  })

  it('may spell its keys in any case, and its id as a number', () => {
    const { attributes } = fragmentOf('customhttp', {
      ID: 7,
      Action: 'start',
      TYPE: 'build',
      parentID: 'vstrace-a-b-c',
      action: 'start',
    })
    expect(attributes).toMatchObject({
      'vs.span.id': 'vstrace-customhttp-build--7',
      'vs.parent.span.id': 'vstrace-a-b-c',
    })
    expect(fragmentOf('customhttp', { ...event(), ID: 'other' }).attributes['vs.span.id']).toBe(
      'vstrace-customhttp-deploy-shop-42',
    )
  })

  it('is a child of the span that it names', () => {
    const fragment = fragmentOf('customhttp', event({ traceparent, parentId: 'vstrace-a-b-c' }))
    expect(fragment).toMatchObject({
      traceId: traceparent.slice(3, 35),
      parentSpanId: traceparent.slice(36, 52),
      attributes: { 'vs.parent.span.id': 'vstrace-a-b-c' },
    })
    expect(fragment.attributes['spanloom.parent.key']).toBeUndefined()
  })

  it('comes in lists, too', () => {
    const fragments = fragmentsOf('customhttp', [event(), event({ action: 'end' })])
    expect(fragments.map(({ endTimeUnixNano }) => endTimeUnixNano === '0')).toEqual([true, false])
    expect(reasonOf('customhttp', [])).toBe('action')
    expect(() =>
      fragmentsOf(
        'customhttp',
        Array.from({ length: 10_001 }, () => event()),
      ),
    ).toThrow(/10000 events/)
  })
})

describe('metadata', () => {
  const attributesOf = (metadata: unknown): Payload =>
    fragmentOf('customhttp', event({ metadata })).attributes

  it('becomes attributes', () => {
    const values = { text: 'a', number: 3, half: 0.5, no: false, list: [1, 2], words: ['a', ''] }
    expect(attributesOf({ ...values, object: { a: [1] }, mixed: [1, 'a'] })).toMatchObject({
      ...values,
      object: '{"a":[1]}',
      mixed: '[1,"a"]',
    })
  })

  it('that is empty becomes nothing', () => {
    const attributes = attributesOf({ a: '', b: null, c: {}, d: [], '': 'x' })
    expect(Object.keys(attributes).filter((name) => name.length < 2)).toEqual([])
  })

  it('cannot name what the receiver says itself, nor steer the assembler', () => {
    const hostile = {
      'vs.span.id': 'x',
      'vs.source.name': 'x',
      'spanloom.key': 'x',
      'spanloom.close': true,
      'Spanloom.Profile': 'x',
    }
    expect(attributesOf(hostile)).toEqual(attributesOf({}))
  })

  it('may have names that mean something to the language', () => {
    const metadata: unknown = JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": "x", "toString": "y"}',
    )
    expect(attributesOf(metadata)).toMatchObject({ constructor: 'x' })
    expect('polluted' in {}).toBe(false)
  })
})
