import { span } from '@spanloom/core/traces'
import { expect, it } from 'vitest'

import { Fragment } from './fragment.ts'
import { canonicalKey, keyOfHex } from './key.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

function keyOf(attributes: Record<string, string> = {}): string {
  const { buffer, start, end } = span({ traceId, spanId, name: '', attributes })
  const fragment = new Fragment()
  fragment.scan(buffer, start, end)
  return fragment.key
}

it('gives ids and their text the same key', () => {
  const key = keyOf()

  expect(key).toHaveLength(26)
  expect(keyOfHex(traceId, spanId)).toBe(key)
  expect(canonicalKey(`${traceId}/${spanId}`)).toBe(key)
  expect(keyOf({ 'spanloom.key': `${traceId}/${spanId}` })).toBe(key)
})

it('finds ids that do not stand side by side', () => {
  const { buffer, start, end } = span({ traceId, spanId, name: 'between' })
  const ids = buffer.subarray(start, start + 28)
  const swapped = Buffer.concat([ids.subarray(18), buffer.subarray(start + 28, end), ids.subarray(0, 18)])
  const fragment = new Fragment()

  fragment.scan(swapped, 0, swapped.length)

  expect(fragment.key).toBe(keyOf())
})

it('never gives different keys one form', () => {
  const ids = keyOfHex(traceId, spanId)
  const texts = [
    ids,
    ids.slice(1),
    `k${ids}`,
    ids.slice(0, 25),
    'x'.repeat(25),
    `:${'x'.repeat(25)}`,
    'x'.repeat(24),
    'x'.repeat(300),
    `${traceId}/${spanId}`.toUpperCase(),
  ]

  const forms = texts.map(canonicalKey)

  expect(new Set([...forms, ids]).size).toBe(texts.length + 1)
})

it('has no key for nothing', () => {
  expect(canonicalKey('')).toBe('')
})
