import { expect, it } from 'vitest'

import { messageLink } from './message-context.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const span = '00f067aa0ba902b7'
const link = { traceId: trace, spanId: span }

function linkOf(properties: Readonly<Record<string, unknown>>): unknown {
  return messageLink((name) => properties[name])
}

it('reads the sender of a message', () => {
  expect(linkOf({ traceparent: `00-${trace}-${span}-01` })).toEqual(link)
  expect(linkOf({ traceparent: `cc-${trace}-${span}-01-later` })).toEqual(link)
})

it('prefers Diagnostic-Id where that is valid', () => {
  const other = `00-${trace}-b9c7c989f97918e1-01`
  expect(linkOf({ 'Diagnostic-Id': `00-${trace}-${span}-01`, traceparent: other })).toEqual(link)
  expect(linkOf({ 'Diagnostic-Id': '|old.1.', traceparent: `00-${trace}-${span}-00` })).toEqual(link)
})

it.each([
  undefined,
  5,
  '',
  `00-${trace}-${span}`,
  `ff-${trace}-${span}-01`,
  `00-${'0'.repeat(32)}-${span}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${trace}-${span}-01-more`,
  `00-${trace}-${span}-01${' '.repeat(1000)}`,
])('makes no link of %s', (traceparent) => {
  expect(linkOf({ traceparent })).toBeUndefined()
})
