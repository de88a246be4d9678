import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { inputs, messagesIn } from '../test/fixtures.ts'
import { createTranslate, MessageError } from './translate.ts'

const translate = createTranslate({
  assumedZoneMinutes: 0,
  defaultServiceName: 'invictus',
  setOk: false,
  maxEventsPerMessage: 100,
  scopeVersion: '',
})
const message = { enqueuedTime: 1n }

const status = fc.constantFrom('Started', 'Active', 'Cancelled', 'Completed', 'Failed', 'Paused')
const anything = fc.jsonValue({ maxDepth: 3 })
const eventLike = fc.record(
  {
    Id: anything,
    Time: fc.oneof(
      anything,
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    ),
    ChainId: fc.oneof(fc.uuid(), anything),
    Source: anything,
    ParentId: anything,
    Step: fc.oneof(
      anything,
      fc.record({ Id: fc.string(), Name: anything, Status: fc.oneof(status, anything), ParentId: anything }),
    ),
    Mappings: anything,
    Properties: fc.oneof(anything, fc.record({ Milestone: anything, EventText: anything, Data: anything })),
    Error: fc.oneof(anything, fc.record({ Code: anything, Description: anything })),
    Azure: fc.oneof(anything, fc.record({ ResourceId: fc.string().map((text) => `/subscriptions/${text}`) })),
  },
  { requiredKeys: ['ChainId', 'Step'] },
)

it('accounts for every element of any JSON', () => {
  fc.assert(
    fc.property(fc.oneof(anything, fc.array(eventLike, { maxLength: 5 })), (body) => {
      const { accepted, rejectedCount, traces, merged } = translate(JSON.stringify(body), message)
      expect(accepted + rejectedCount).toBe(Array.isArray(body) ? body.length : 1)
      expect(traces.spanCount + merged).toBe(accepted)
    }),
    { numRuns: 1_000 },
  )
})

/** What a body leads to: a count, or the class of what was thrown. */
function outcome(body: Uint8Array): string {
  try {
    return typeof translate(body, message).accepted
  } catch (error) {
    return error instanceof MessageError ? 'MessageError' : String(error)
  }
}

it('throws nothing but MessageError for any bytes', () => {
  const bodies = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(bodies, (body) => {
      expect(outcome(body)).toMatch(/^(number|MessageError)$/)
    }),
  )
})

interface Place {
  readonly path: readonly string[]
}

/** Every field of an event, however deep. */
function places(value: unknown, path: readonly string[] = []): Place[] {
  const own = path.length === 0 ? [] : [{ path }]
  if (typeof value !== 'object' || value === null) return own
  return [...own, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))]
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  if (typeof value !== 'object' || value === null) return value
  const old: unknown = Reflect.get(value, key)
  return Array.isArray(value)
    ? value.with(Number(key), replaced(old, rest, by))
    : { ...value, [key]: replaced(old, rest, by) }
}

it.each(inputs)('makes a fragment or a rejection of %s with any field replaced', (name) => {
  for (const { body } of messagesIn(name)) {
    const events: unknown = JSON.parse(body)
    for (const { path } of places(events)) {
      for (const by of [null, 0, -1.5, '', ' ', 'text', true, [], ['x'], {}, { a: 1 }]) {
        const changed = replaced(events, path, by)
        const { accepted, rejectedCount, traces } = translate(JSON.stringify(changed), message)
        expect(accepted + rejectedCount).toBe(Array.isArray(changed) ? changed.length : 1)
        expect(traces.spanCount).toBe(accepted)
      }
    }
  }
})
