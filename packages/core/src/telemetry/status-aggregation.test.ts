import { expect, test } from 'vitest'

import { aggregateStatus } from './status-aggregation.ts'
import type { StatusEvent, StatusKind } from './status.ts'

const event = (kind: StatusKind, at = 0): StatusEvent => ({ kind, at })

test('the gravest status stands for all', () => {
  const order = [
    'FatalError',
    'PermanentError',
    'RecoverableError',
    'Stopping',
    'Stopped',
    'Starting',
    'OK',
  ] as const
  for (const [index, kind] of order.entries()) {
    const events = order.slice(index).map((each) => event(each))
    expect(aggregateStatus(events.toReversed())?.kind).toBe(kind)
  }
})

test('a recoverable error outranks a permanent one when only recoverable ones are included', () => {
  const events = [event('PermanentError'), event('RecoverableError')]
  expect(aggregateStatus(events, { includeRecoverableErrors: true })?.kind).toBe('RecoverableError')
  expect(
    aggregateStatus(events, { includeRecoverableErrors: true, includePermanentErrors: true })?.kind,
  ).toBe('PermanentError')
})

test('of equals the latest stands for all', () => {
  expect(aggregateStatus([event('OK', 1), event('OK', 3), event('OK', 2)])?.at).toBe(3)
})

test('a component that was never started keeps the whole from being OK', () => {
  expect(aggregateStatus([event('OK'), event('None')])?.kind).toBe('None')
})

test('no components have no status', () => {
  expect(aggregateStatus([])).toBeUndefined()
})
