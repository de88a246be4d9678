import { type PlainSpan, type PlainValue, toPlain } from '@spanloom/core/testing'
import type { Span } from '@spanloom/core/traces'
import { expect } from 'vitest'

type Plain = Readonly<Record<string, unknown>>

/** What the fixtures compare exactly: everything but attributes and resource, of which there may be more. */
export function expectSpan(actual: Span, wanted: PlainSpan): void {
  const { attributes = {}, resource = {}, ...rest } = wanted
  const plain = toPlain(actual)
  const { attributes: own, resource: from, ...others } = plain
  expect(others).toEqual(rest)
  expect(numbers(own)).toMatchObject(attributes)
  expect(numbers(from)).toMatchObject(resource)
  expect(marks(own)).toEqual(marks(attributes))
}

/** The fixtures write doubles without a fraction like integers. */
function numbers(attributes: Readonly<Record<string, PlainValue>>): Plain {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, isDouble(value) ? value.double : value]),
  )
}

function isDouble(value: PlainValue): value is { readonly double: number } {
  return typeof value === 'object' && value !== null && 'double' in value
}

function marks(attributes: Plain): Plain {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith('spanloom.')))
}
