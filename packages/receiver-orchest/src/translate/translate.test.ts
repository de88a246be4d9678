import { readFileSync } from 'node:fs'

import { Traces, span } from '@spanloom/core'
import { toPlain } from '@spanloom/core/testing'
import { EventRegistry } from '@spanloom/orchest'
import { assert, describe, expect, it } from 'vitest'

import { profiles } from '../profiles.ts'
import type { OrchestEvent } from './event.ts'
import { idMaker } from './ids.ts'
import { parseTime } from './time.ts'
import { createTranslate } from './translate.ts'

interface FragmentCase {
  readonly type: string
  readonly channel: 'webhook' | 'relay'
  readonly event: Readonly<Record<string, unknown>>
  readonly fragments: readonly Readonly<Record<string, unknown>>[]
}

const path = new URL('../../test/fixtures/fragments.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly FragmentCase[] }
const registry = new EventRegistry()
const options = { idSalt: '', setOk: false, includeParameters: false, instants: 'span' } as const

function eventOf({ channel, event }: FragmentCase): OrchestEvent {
  const [payload, type] =
    channel === 'webhook' ? [event, event['type']] : [event['properties'], event['event']]
  return {
    type: String(type),
    uuid: String(event['uuid']),
    time: parseTime(event['timestamp']) ?? 0n,
    payload: (payload ?? {}) as Record<string, unknown>,
    source: channel,
  }
}

describe('translate', () => {
  it('has a case for each of the 66 types', () => {
    expect(new Set(cases.map(({ type }) => type))).toEqual(new Set(registry.types()))
  })

  it.each(cases.map((each) => [each.type, each] as const))('%s', (_type, each) => {
    const event = eventOf(each)
    const found = registry.find(event.type)
    assert(found !== undefined)
    const { fragments, degraded } = createTranslate(options)(event, found)
    const traces = Traces.of(
      fragments.map((init) => span({ ...init, resource: { 'service.name': 'orchest' } })),
    )
    expect([...traces.spans()].map((each) => toPlain(each))).toEqual(each.fragments)
    expect(degraded).toBe(false)
  })
})

describe('ids', () => {
  it.each([
    [
      'one-off-job|11111111-1111-4111-8111-111111111111|22222222-2222-4222-8222-222222222222',
      '70d8dabf821c83697f6a26fe4d5e5197',
      '248158a6754a3b90',
    ],
    [
      'pipeline-run|33333333-3333-4333-8333-333333333333',
      'c8d4300b1ac12ec189108b351d6aa989',
      'd508d03332cc59ed',
    ],
    ['session|44444444-4444-4444-8444-444444444444', 'c468776b74ac9bbc57788cf2c0b75068', '22367dc69392288d'],
  ])('of %s', (key, traceId, spanId) => {
    const ids = idMaker('')
    expect([ids.traceId(key), ids.spanId(key), ids.control(key)]).toEqual([traceId, spanId, `orchest:${key}`])
    const salted = idMaker('pepper')
    expect(salted.traceId(key)).not.toBe(traceId)
    expect(salted.control(key)).toMatch(/^orchest:[0-9a-f]{8}:/)
  })
})

describe('parseTime', () => {
  it.each([
    ['2022-06-02 16:12:25.242592+00:00', 1_654_186_345_242_592_000n],
    ['2022-06-02 16:12:25+00:00', 1_654_186_345_000_000_000n],
    ['2022-06-02T18:12:25.1+0200', 1_654_186_345_100_000_000n],
    ['2022-06-02T16:12:25.123456789Z', 1_654_186_345_123_456_789n],
    ['2022-06-02 16:12:25', 1_654_186_345_000_000_000n],
    ['2022-02-30 00:00:00', undefined],
    ['1999-12-31 23:59:59', undefined],
    ['2200-01-01 00:00:00', undefined],
    ['2022-06-02 24:00:00', undefined],
    ['2022-06-02', undefined],
    ['None', undefined],
    [1_654_186_345, undefined],
    [null, undefined],
  ])('%j', (text, expected) => {
    expect(parseTime(text)).toBe(expected)
  })
})

it('profiles are those of the paper', () => {
  expect(Object.keys(profiles)).toEqual(['orchest', 'orchest_slot'])
})
