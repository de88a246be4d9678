import { describe, expect, it } from 'vitest'

import { PermanentError } from '../errors/errors.ts'
import { maxNesting } from './fields.ts'
import { Resource } from './resource.ts'
import { Scope } from './scope.ts'
import { type SpanInit } from './span-init.ts'
import { Span, span } from './span.ts'
import { type Attributes, type AttributeValue, double } from './values.ts'

const init: SpanInit = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  name: 'pay',
  attributes: { route: '/pay', items: 3, total: 17.25 },
}

/** A span of these encodings, one behind the other. */
function merged(...parts: readonly (Span | string)[]): Span {
  const bytes = parts.map((part) =>
    typeof part === 'string' ? Buffer.from(part.replaceAll(' ', ''), 'hex') : part.bytes,
  )
  return Span.of(Buffer.concat(bytes), Resource.empty, Scope.empty)
}

describe('a span', () => {
  it('has defaults for all that is absent', () => {
    const empty = merged('')

    expect([empty.traceId, empty.spanId, empty.parentSpanId, empty.name, empty.traceState]).toEqual([
      '',
      '',
      '',
      '',
      '',
    ])
    expect([empty.kind, empty.flags, empty.status]).toEqual([
      'UNSPECIFIED',
      0,
      { code: 'UNSET', message: '' },
    ])
    expect([empty.startTimeUnixNano, empty.endTimeUnixNano]).toEqual([0n, 0n])
    expect([empty.attributes, empty.events, empty.links]).toEqual([{}, [], []])
    expect([empty.droppedAttributesCount, empty.droppedEventsCount, empty.droppedLinksCount]).toEqual([
      0, 0, 0,
    ])
    expect(empty.attribute('any')).toBeUndefined()
  })

  it('is the merge of the encodings that it was joined of', () => {
    const start = span({
      ...init,
      startTime: 5n,
      status: { code: 'UNSET', message: 'late' },
      events: [{ time: 6n, name: 'a' }],
    })
    const end = span({
      ...init,
      name: '',
      endTime: 9n,
      attributes: { items: 4 },
      events: [{ time: 8n, name: 'b' }],
    })
    const whole = merged(start, end, '7a 02 18 02')

    expect([whole.name, whole.startTimeUnixNano, whole.endTimeUnixNano]).toEqual(['pay', 5n, 9n])
    expect(whole.attributes).toEqual({ route: '/pay', items: 4, total: 17.25 })
    expect(whole.attribute('items')).toBe(4)
    expect(whole.events.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(whole.status).toEqual({ code: 'ERROR', message: 'late' })
  })

  it('takes the last of several values of one field', () => {
    const odd = merged(span({ ...init, kind: 'CLIENT', flags: 1 }), '30 05  2a 01 78  85 01 02000000')

    expect([odd.kind, odd.name, odd.flags]).toEqual(['CONSUMER', 'x', 2])
  })

  it('reads a kind and a status that OTLP does not know as unspecified and unset', () => {
    const odd = merged('30 63  7a 02 18 63')

    expect([odd.kind, odd.status.code]).toEqual(['UNSPECIFIED', 'UNSET'])
    expect([odd.kindNumber, odd.statusNumber.code]).toEqual([99, 99])
  })

  it('merges the parts of one value as protobuf does', () => {
    const array = (item: string): string => `12 07 2a 05 0a 03 0a 01 ${item}`
    const pair = (key: string, value: string): string => `12 0b 32 09 0a 07 0a 01 ${key} 12 02 18 ${value}`

    expect(merged(`4a 15 0a 01 61 ${array('78')} ${array('79')}`).attributes).toEqual({ a: ['x', 'y'] })
    expect(merged(`4a 19 0a 01 61 ${array('78')} 12 02 18 05 ${array('79')}`).attribute('a')).toEqual(['y'])
    expect(merged(`4a 1d 0a 01 61 ${pair('70', '01')} ${pair('71', '02')}`).attribute('a')).toEqual({
      p: 1,
      q: 2,
    })
    expect(
      merged(`4a 21 0a 01 61 ${pair('70', '01')} 12 02 18 05 ${pair('71', '02')}`).attribute('a'),
    ).toEqual({ q: 2 })
  })

  it('knows a key wherever in its pair it stands', () => {
    const valueFirst = merged('4a 08  12 03 0a 01 76  0a 01 6b')
    const keyTwice = merged('4a 0b  0a 01 78  12 03 0a 01 76  0a 01 6b')

    expect([valueFirst.attribute('k'), valueFirst.attributes]).toEqual(['v', { k: 'v' }])
    expect([keyTwice.attribute('k'), keyTwice.attribute('x'), keyTwice.attributes]).toEqual([
      'v',
      undefined,
      { k: 'v' },
    ])
    expect(keyTwice.with({ attributes: { k: 'w' } }).attributes).toEqual({ k: 'w' })
    expect(keyTwice.with({ removeAttributes: ['x'] })).toBe(keyTwice)
  })

  it('hands out attributes without a prototype', () => {
    const { attributes } = span({
      ...init,
      attributes: JSON.parse('{"__proto__":{"polluted":1},"constructor":"c"}'),
    })

    expect(Object.getPrototypeOf(attributes)).toBeNull()
    expect(Object.keys(attributes)).toEqual(['__proto__', 'constructor'])
    expect('polluted' in {}).toBe(false)
  })

  it('refuses attributes that nest too deep or without end', () => {
    const deep = (levels: number): AttributeValue => (levels === 0 ? 1 : [deep(levels - 1)])
    const endless: { [key: string]: AttributeValue } = {}
    endless['self'] = endless

    expect(() => span({ ...init, attributes: { deep: deep(maxNesting) } })).not.toThrow()
    expect(() => span({ ...init, attributes: { deep: deep(maxNesting + 1) } })).toThrow(PermanentError)
    expect(() => span({ ...init, attributes: endless })).toThrow(PermanentError)
  })

  it('writes integers that do not fit into 64 bits as text, and leaves out what is undefined', () => {
    const attributes: Attributes = { big: 2n ** 64n, least: -(2n ** 63n) }
    Reflect.set(attributes, 'gone', undefined)

    expect(span({ ...init, attributes }).attributes).toEqual({
      big: '18446744073709551616',
      least: -(2n ** 63n),
    })
  })

  it('tells doubles without a fraction from integers', () => {
    const { attributes } = span({
      ...init,
      attributes: { double: double(5), integer: 5, zero: -0, huge: 1e300 },
    })

    expect(attributes).toEqual({ double: double(5), integer: 5, zero: -0, huge: 1e300 })
    expect(Number(attributes['double']) + 1).toBe(6)
    expect([double(5).toString(), JSON.stringify(attributes['double'])]).toEqual(['5', '5'])
  })

  it.each(['', '4bf92f35', '0'.repeat(32), 'x'.repeat(32)])(
    'cannot be made with the trace id %j',
    (traceId) => {
      expect(() => span({ ...init, traceId })).toThrow(TypeError)
      expect(() => span(init).with({ traceId })).toThrow(TypeError)
      expect(() => span({ ...init, links: [{ traceId, spanId: init.spanId }] })).toThrow(TypeError)
    },
  )

  it.each(['', '0'.repeat(16), 'x'.repeat(16), init.traceId])(
    'cannot be made with the span id %j',
    (spanId) => {
      expect(() => span({ ...init, spanId })).toThrow(TypeError)
      expect(() => span(init).with({ spanId })).toThrow(TypeError)
    },
  )

  it.each([new Date(Number.NaN), new Date(-1), -1n, 2n ** 64n, new Date(8.64e15)])(
    'refuses the time %s',
    (startTime) => {
      expect(() => span({ ...init, startTime })).toThrow(PermanentError)
      expect(span({ ...init, startTime: new Date(1_500) }).startTimeUnixNano).toBe(1_500_000_000n)
    },
  )

  it('works after an attempt that failed', () => {
    expect(() => span({ ...init, spanId: 'bad' })).toThrow(TypeError)
    expect(span(init).name).toBe('pay')
  })

  it('may read other spans while it is written', () => {
    const attributes = {
      get inner(): string {
        return span({ ...init, name: 'inner' }).name
      },
    }

    expect(span({ ...init, attributes }).attributes).toEqual({ inner: 'inner' })
  })
})

describe('a changed span', () => {
  it('starts with the bytes of the span it was made of when something is added', () => {
    const before = span(init)
    const after = before.with({ attributes: { zone: 'west' }, endTime: 9n, status: { code: 'OK' } })

    expect(after.bytes.subarray(0, before.bytes.length)).toEqual(before.bytes)
    expect(after.attributes).toEqual({ route: '/pay', items: 3, total: 17.25, zone: 'west' })
    expect(before.attribute('zone')).toBeUndefined()
  })

  it('has an attribute once that was set again', () => {
    const after = span(init).with({ attributes: { items: 'many' } })

    expect(after.attributes).toEqual({ route: '/pay', total: 17.25, items: 'many' })
    expect(after.bytes.toString('latin1').split('items')).toHaveLength(2)
  })

  it('keeps an attribute that is set to undefined', () => {
    const attributes: Attributes = {}
    Reflect.set(attributes, 'items', undefined)

    expect(span(init).with({ attributes }).attributes).toEqual(init.attributes)
  })

  it('gets and loses many attributes at once', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`key.${index}`, index]))
    const after = span({ ...init, attributes: many }).with({
      attributes: { ...many, 'key.3': 'three' },
      removeAttributes: ['key.4', 'key.21'],
    })

    expect(after.attributes).toEqual({ ...many, 'key.3': 'three' })
    expect(after.with({ removeAttributes: Object.keys(many) }).attributes).toEqual({})
  })

  it('can go back to defaults', () => {
    const full = span({
      ...init,
      parentSpanId: init.spanId,
      kind: 'SERVER',
      flags: 3,
      startTime: 5n,
      traceState: 'a=1',
    })
    const failed = full.with({ status: { code: 'ERROR', message: 'no' } })
    const bare = failed.with({
      parentSpanId: '',
      traceState: '',
      name: '',
      kind: 'UNSPECIFIED',
      flags: 0,
      startTime: 0n,
      status: { code: 'UNSET' },
    })

    expect([bare.parentSpanId, bare.traceState, bare.name, bare.kind, bare.flags]).toEqual([
      '',
      '',
      '',
      'UNSPECIFIED',
      0,
    ])
    expect([bare.startTimeUnixNano, bare.status]).toEqual([0n, { code: 'UNSET', message: '' }])
  })

  it('keeps its bytes when only its resource or scope changes', () => {
    const before = span(init)
    const after = before.with({ resource: { 'service.name': 'shop' }, scope: Scope.of({ name: 'tests' }) })

    expect(after.bytes).toEqual(before.bytes)
    expect([after.resource.attribute('service.name'), after.scope.name]).toEqual(['shop', 'tests'])
  })

  it('is the span itself when there is nothing to change', () => {
    const before = span(init)

    expect(before.with({})).toBe(before)
    expect(before.with({ removeAttributes: ['none'], attributes: {}, addEvents: [] })).toBe(before)
  })

  it('can be larger than what spans share buffers for', () => {
    const text = 'ü'.repeat(300_000)
    const large = span({ ...init, attributes: { text } }).with({ attributes: { more: text } })

    expect([large.attribute('text'), large.attribute('more'), large.attribute('items')]).toEqual([
      text,
      text,
      undefined,
    ])
  })
})

describe('a resource', () => {
  it('changes without losing its schema URL', () => {
    const before = Resource.of({ a: 1, b: 2 }, { schemaUrl: 'https://example.org' })
    const after = before.with({ attributes: { c: 3 }, remove: ['a'] })

    expect([after.attributes, after.schemaUrl]).toEqual([{ b: 2, c: 3 }, 'https://example.org'])
    expect(before.with({ remove: ['none'] })).toBe(before)
    expect(before.with({})).toBe(before)
    expect([before.equals(Resource.of({ a: 1, b: 2 })), before.equals(before)]).toEqual([false, true])
  })

  it('is not equal to itself with an attribute exchanged for another of the same length', () => {
    const before = Resource.of({ a: 1 })
    const after = before.with({ attributes: { b: 1 }, remove: ['a'] })

    expect(after.attributes).toEqual({ b: 1 })
  })
})

describe('a scope', () => {
  it('has name, version, attributes and schema URL', () => {
    const scope = Scope.of({
      name: 'n',
      version: 'v',
      attributes: { a: true },
      schemaUrl: 'https://example.org',
    })

    expect([scope.name, scope.version, scope.schemaUrl]).toEqual(['n', 'v', 'https://example.org'])
    expect([scope.attribute('a'), scope.attribute('b'), { ...scope.attributes }]).toEqual([
      true,
      undefined,
      { a: true },
    ])
    expect([Scope.empty.name, Scope.empty.bytes.length]).toEqual(['', 0])
  })
})
