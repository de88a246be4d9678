import { randomFillSync } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { fixture } from '../test/fixture.ts'
import {
  deriveParentSpanId,
  deriveTraceId,
  headerValue,
  isRepresentable,
  type RandomBytes,
  type TraceIdDerivation,
} from './identifiers.ts'

interface TraceIdCase {
  readonly id: string
  readonly title: string
  readonly input: string | null
  readonly expect: { readonly derivation: string; readonly trace_id: string }
}

interface SpanIdCase {
  readonly id: string
  readonly title: string
  readonly input: string | null
  readonly trace_derivation: TraceIdDerivation
  readonly expect: { readonly parent_span_id: string | null }
}

const anyTraceId: unknown = expect.stringMatching(/^(?!0{32})[0-9a-f]{32}$/)
const random: RandomBytes = (size) => randomFillSync(Buffer.alloc(size))

describe('deriveTraceId', () => {
  it.each(fixture<TraceIdCase>('trace-id-mapping').map((each) => [each.id, each.title, each] as const))(
    '%s: %s',
    (_id, _title, { input, expect: { derivation, trace_id: traceId } }) => {
      const derived = deriveTraceId(input ?? undefined, random)
      const expected = traceId === '$random32' ? anyTraceId : traceId
      expect(derived).toEqual({ derivation, traceId: expected })
    },
  )

  it('makes one of its own where none came, and never zeros', () => {
    let calls = 0
    const zerosFirst: RandomBytes = (size) => Buffer.alloc(size, calls++ === 0 ? 0 : 7)
    expect(deriveTraceId(undefined, zerosFirst)).toEqual({
      traceId: '07'.repeat(16),
      derivation: 'generated',
    })
    expect(calls).toBe(2)
  })

  it('is the digest that anybody can compute by hand', () => {
    expect(deriveTraceId('req-42', random).traceId).toBe('fd1180d9f0c0819f00056b7b9de19fce')
  })
})

describe('deriveParentSpanId', () => {
  it.each(fixture<SpanIdCase>('span-id-mapping').map((each) => [each.id, each.title, each] as const))(
    '%s: %s',
    (_id, _title, { input, trace_derivation: derivation, expect: { parent_span_id: parent } }) => {
      expect(deriveParentSpanId(input ?? undefined, derivation) ?? null).toBe(parent)
    },
  )
})

describe('headerValue', () => {
  it('is the very text that came', () => {
    expect(headerValue('c0a8017f6f2c4d98bd70a35c90f1f01')).toBe('c0a8017f6f2c4d98bd70a35c90f1f01')
    expect(headerValue('A b~!')).toBe('A b~!')
  })

  it.each(['a\r\nevil: 1', 'a\n', 'a\0', 'замовлення', 'x'.repeat(1025), '', '   '])(
    'is none for %j',
    (text) => {
      expect(headerValue(text)).toBeUndefined()
      expect(isRepresentable(text)).toBe(false)
    },
  )

  it('leaves off what HTTP strips', () => {
    expect(headerValue(' c0a8 ')).toBe('c0a8')
    expect(isRepresentable(' c0a8 ')).toBe(false)
  })
})
