import { readFileSync } from 'node:fs'

import { span, type SpanInit, Traces } from '@spanloom/core'
import { fromPlain, type PlainSpan } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { fitMessage } from '../src/invictus/fit-message.ts'
import type { FlowEvent } from '../src/invictus/flow-event.ts'
import type { FlowSettings } from '../src/invictus/flow-settings.ts'
import { toFlowMessages } from '../src/invictus/messages.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const start = 1_767_323_045_000_000_000n
const settings: FlowSettings = {
  select: 'all',
  spanEvents: 'all',
  source: undefined,
  mappings: {},
  dataAttributes: [],
  preserve: false,
}

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'))
}

function spanOf(init: Partial<SpanInit> = {}): ReturnType<typeof span> {
  return span({
    traceId,
    spanId: '00f067aa0ba902b7',
    name: 'Order',
    startTime: start,
    endTime: start + 5_000n,
    ...init,
  })
}

function eventsOf(
  spans: readonly ReturnType<typeof span>[],
  more: Partial<FlowSettings> = {},
  maxBytes = 1_000_000,
): readonly (readonly FlowEvent[])[] {
  const { messages } = toFlowMessages(Traces.of(spans), { ...settings, ...more }, maxBytes)
  return messages.map(({ body }) => JSON.parse(body.toString()) as readonly FlowEvent[])
}

it('writes the events of the fixture', () => {
  const spans = fixture<readonly PlainSpan[]>('08-export.json').map(fromPlain)

  expect({ exportedEvents: eventsOf(spans)[0] }).toEqual(fixture('08-export.expected.json'))
})

describe('the events of a span', () => {
  it('tell span events as Active with their names, and an exception as the error of the end', () => {
    const [events] = eventsOf([
      spanOf({
        status: { code: 'ERROR', message: 'no stock' },
        attributes: { 'error.type': '_OTHER', 'cloud.resource_id': '/x' },
        events: [
          { time: start + 1_000n, name: 'reserved', attributes: { 'invictus.data.Items': [1, 'two'] } },
          { time: start + 5_000n, name: 'exception', attributes: { 'exception.type': 'StockError' } },
        ],
      }),
    ])

    expect(events).toMatchObject([
      { Step: { Status: 'Started' } },
      { Step: { Status: 'Active' }, Properties: { Milestone: 'reserved', Data: { Items: '[1,"two"]' } } },
      {
        Step: { Status: 'Failed' },
        Error: { Code: 'StockError', Description: 'no stock', Message: 'no stock' },
        Azure: { ResourceId: '/x' },
      },
    ])
    expect(
      eventsOf([spanOf({ events: [{ time: start, name: 'x' }] })], { spanEvents: 'none' })[0],
    ).toHaveLength(2)
  })

  it('cut the description of an error at 500 code points', () => {
    const [events] = eventsOf([spanOf({ status: { code: 'ERROR', message: '🚀'.repeat(600) } })])

    expect(events?.[1]?.Error?.Description).toBe('🚀'.repeat(500))
  })

  it('have the mapping of the templates, without the parts that are not known', () => {
    const [events] = eventsOf(
      [spanOf({ resource: { 'service.name': 'shop' }, attributes: { 'invictus.mapping.action': 'New' } })],
      {
        mappings: {
          Domain: 'Sales',
          Service: '{resource:service.name}',
          Action: 'x',
          Version: '{resource:service.version}',
        },
      },
    )

    expect(events?.map(({ Mappings }) => Mappings)).toEqual(
      [1, 2].map(() => ({ Domain: 'Sales', Service: 'shop', Action: 'New' })),
    )
  })

  it('carry the chosen attributes as text once, whatever they are called', () => {
    const attributes = { 'order.id': 7, ok: true, ['__proto__']: 'kept' }
    const [events] = eventsOf([spanOf({ attributes, resource: { region: 'eu' } })], {
      dataAttributes: ['order.id', 'ok', '__proto__', 'region', 'gone'],
    })

    expect(events?.[0]?.Properties).toBeUndefined()
    expect(Object.entries(events?.[1]?.Properties?.Data ?? {})).toEqual([
      ['order.id', '7'],
      ['ok', 'true'],
      ['__proto__', 'kept'],
      ['region', 'eu'],
    ])
  })

  it('are those of a fragment, without what it lacks', () => {
    const own = { 'invictus.step.status': 'Started' }
    expect(eventsOf([spanOf({ endTime: 0n, attributes: own })])[0]).toMatchObject([
      { Step: { Status: 'Started' } },
    ])
    expect(eventsOf([spanOf({ startTime: 0n, attributes: own })])[0]).toMatchObject([
      { Step: { Status: 'Completed' } },
    ])
    expect(toFlowMessages(Traces.of([spanOf({ startTime: 0n, endTime: 0n })]), settings, 1_000)).toEqual({
      messages: [],
      untold: 1,
    })
  })
})

describe('the spans that are told', () => {
  const root = spanOf({
    kind: 'SERVER',
    attributes: { 'invictus.chain.id': 'c1', 'invictus.step.id': 'root' },
  })
  const middle = spanOf({
    spanId: '1000000000000001',
    parentSpanId: '00f067aa0ba902b7',
    kind: 'CLIENT',
    attributes: { 'invictus.chain.id': 'c1' },
  })
  const leaf = spanOf({
    spanId: '1000000000000002',
    parentSpanId: '1000000000000001',
    kind: 'CONSUMER',
    attributes: { 'invictus.chain.id': 'c1' },
  })
  const plain = spanOf({ spanId: '1000000000000003', parentSpanId: '1000000000000009' })

  it('hang on the nearest ancestor that is told too', () => {
    const [events] = eventsOf([root, middle, leaf], { select: 'roots' })

    expect(new Set(events?.map(({ Step }) => `${Step.Id} in ${Step.ParentId ?? 'none'}`))).toEqual(
      new Set(['root in none', '1000000000000002 in root']),
    )
  })

  it('are those of Invictus with marked', () => {
    expect(eventsOf([root, plain], { select: 'marked' }).flat()).toHaveLength(2)
    expect(eventsOf([plain])[0]?.[0]?.Step.ParentId).toBe('1000000000000009')
  })

  it('are in a message for each chain, cut between steps where it would be too large', () => {
    const spans = [root, middle, leaf, plain]
    const { messages } = toFlowMessages(Traces.of(spans), settings, 700)
    const sizes = messages.map(({ body }) => body.length)

    expect(messages.map(({ chainId }) => chainId)).toEqual([
      'c1',
      'c1',
      'c1',
      '4bf92f35-77b3-4da6-a3ce-929d0e0e4736',
    ])
    expect(messages.map(({ spans: count }) => count)).toEqual([1, 1, 1, 1])
    expect(Math.max(...sizes)).toBeLessThanOrEqual(700)
    expect(toFlowMessages(Traces.of(spans), settings, 300).messages.map(({ spans: count }) => count)).toEqual(
      [0, 1, 0, 1, 0, 1, 0, 1],
    )
  })
})

describe('a message that the hub does not take', () => {
  const body = (data: Record<string, string>): Buffer =>
    Buffer.from(JSON.stringify([{ Id: 'a', Step: { Id: 's' }, Properties: { Data: data } }, { Id: 'b' }]))

  it('is cut between events, and a single event in its longest values', () => {
    const fitted = fitMessage(body({ short: 'x', long: 'ü🚀'.repeat(500) }), 200)
    const events = fitted.bodies.flatMap((each) => JSON.parse(each.toString()) as readonly FlowEvent[])

    expect(fitted.tooLarge).toBe(0)
    expect(fitted.bodies.every(({ length }) => length <= 200)).toBe(true)
    expect(events).toMatchObject([{ Id: 'a', Properties: { Data: { short: 'x' } } }, { Id: 'b' }])
    const long = events[0]?.Properties?.Data?.['long'] ?? ''
    expect(long.length).toBeGreaterThan(20)
    expect('ü🚀'.repeat(500).startsWith(long)).toBe(true)
  })

  it('loses only the event that cannot be made to fit', () => {
    const huge = Buffer.from(JSON.stringify([{ Id: 'x'.repeat(500) }, { Id: 'b' }]))

    const fitted = fitMessage(huge, 200)

    expect(fitted.tooLarge).toBe(1)
    expect(fitted.bodies.map(String)).toEqual(['[{"Id":"b"}]'])
    expect(() => fitMessage(Buffer.from('{}'), 200)).toThrow('no list of events')
  })
})
