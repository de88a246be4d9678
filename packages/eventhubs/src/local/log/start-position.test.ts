import { expect, it } from 'vitest'

import { parseSelector } from './start-position.ts'

it.for<[string | undefined, unknown]>([
  [undefined, { kind: 'earliest' }],
  ["amqp.annotation.x-opt-offset > '-1'", { kind: 'earliest' }],
  ["amqp.annotation.x-opt-offset > '@latest'", { kind: 'latest' }],
  ["amqp.annotation.x-opt-offset > '120'", { kind: 'offset', value: 120, inclusive: false }],
  ["amqp.annotation.x-opt-offset >= '120'", { kind: 'offset', value: 120, inclusive: true }],
  ["amqp.annotation.x-opt-sequence-number > '-1'", { kind: 'sequence', value: -1, inclusive: false }],
  ["amqp.annotation.x-opt-enqueued-time > '1700000000000'", { kind: 'time', ms: 1_700_000_000_000 }],
  ["amqp.annotation.x-opt-offset > 'abc'", undefined],
  ["amqp.annotation.x-opt-offset < '1'", undefined],
  ['anything else', undefined],
])('reads the selector %s', ([selector, expected]) => {
  expect(parseSelector(selector)).toEqual(expected)
})
