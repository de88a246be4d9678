import { span, toOtlpJson, Traces } from '@spanloom/core'
import { describe, expect, it } from 'vitest'

import { expectedFragments, messagesIn, plain } from '../test/fixtures.ts'
import type { MessageLink } from './message-context.ts'
import { createTranslate, MessageError, type Translation, type TranslationOptions } from './translate.ts'

const arrival = 1_767_225_600_000_000_000n
const link = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }

const defaults: TranslationOptions = {
  assumedZoneMinutes: 0,
  defaultServiceName: 'invictus',
  setOk: false,
  maxEventsPerMessage: 10_000,
  scopeVersion: '1.2.3',
}

interface Choices {
  readonly options?: Partial<TranslationOptions>
  readonly sender?: MessageLink
}

function translate(body: unknown, { options, sender }: Choices = {}): Translation {
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  return createTranslate({ ...defaults, ...options })(bytes, { enqueuedTime: arrival, link: sender })
}

const event = {
  Time: '2019-07-23 08:55:04.0500000 +00:00',
  ChainId: 'edbd5ddb-b206-4437-8ac3-5401b148c8cb',
  Step: { Id: 'invoice', Name: 'Invoice', Status: 'Started' },
}

function withStatus(Status: unknown, more: object = {}): object {
  return { ...event, Step: { ...event.Step, Status }, ...more }
}

/** The only fragment of a message with one event. */
function fragmentOf(body: unknown, choices?: Choices): ReturnType<typeof plain> {
  const [fragment, ...others] = translate(body, choices).traces.spans()
  if (fragment === undefined || others.length > 0) throw new Error('One event makes one fragment.')
  return plain(fragment)
}

describe('the fixtures', () => {
  it.each(Object.entries(expectedFragments))('%s gives its fragments', (name, expected) => {
    const fragments = messagesIn(name).flatMap(({ body, enqueuedTime = arrival, link: sender }) =>
      Array.from(createTranslate(defaults)(body, { enqueuedTime, link: sender }).traces.spans()),
    )

    expect(fragments.map(plain)).toEqual(expected)
  })
})

it('tells apart steps of one id in several chains of a message', () => {
  const spans = Array.from(translate([event, { ...event, ChainId: 'other' }, event]).traces.spans())
  const ids = spans.map(({ traceId, spanId }) => `${traceId}/${spanId}`)
  expect(new Set(ids).size).toBe(2)
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(2)
})

it('samples every fragment and names its scope', () => {
  const [fragment] = translate([event]).traces.spans()
  expect(fragment).toMatchObject({
    flags: 1,
    traceState: '',
    scope: { name: 'receiver-invictus', version: '1.2.3' },
  })
})

describe('a status', () => {
  it.each([
    ['Started', { startTimeUnixNano: '1563872104050000000', endTimeUnixNano: '0' }],
    ['aCTIVE', { startTimeUnixNano: '0', endTimeUnixNano: '0' }],
    ['completed', { startTimeUnixNano: '0', endTimeUnixNano: '1563872104050000000' }],
    ['FAILED', { startTimeUnixNano: '0', endTimeUnixNano: '1563872104050000000' }],
    ['Canceled', { attributes: { 'invictus.step.status': 'Cancelled' } }],
    ['Cancelled', { attributes: { 'invictus.step.status': 'Cancelled' } }],
  ])('%s decides which fragment it is', (status, expected) => {
    expect(fragmentOf(withStatus(status))).toMatchObject(expected)
  })

  it('that is unknown counts as Active and is kept in the span event', () => {
    const translation = translate(withStatus(' Paused'))
    expect(translation.unknownStatuses).toBe(1)
    expect(fragmentOf(withStatus(' Paused'))).toMatchObject({
      attributes: { 'invictus.step.status': 'Active' },
      events: [{ name: ' paused', attributes: { 'invictus.step.status': ' Paused' } }],
    })
  })

  it('makes a completed step OK where that is wanted', () => {
    const options = { setOk: true }
    expect(fragmentOf(withStatus('Completed'), { options }).status).toEqual({ code: 'OK' })
    expect(fragmentOf(withStatus('Cancelled'), { options }).status).toEqual({ code: 'UNSET' })
    expect(fragmentOf(withStatus('Completed')).status).toEqual({ code: 'UNSET' })
  })

  it('Failed says why, as far as the event does', () => {
    expect(fragmentOf(withStatus('Failed'))).toMatchObject({
      status: { code: 'ERROR' },
      attributes: { 'error.type': '_OTHER' },
      events: [],
    })
    expect(fragmentOf(withStatus('Failed', { Error: { Code: 7 } }))).toMatchObject({
      status: { code: 'ERROR', message: '7' },
      attributes: { 'error.type': '7', 'invictus.error.code': '7' },
      events: [{ name: 'exception', attributes: { 'exception.type': '7' } }],
    })
    expect(fragmentOf(withStatus('Failed', { Error: { Message: 'old name' } })).status).toEqual({
      code: 'ERROR',
      message: 'old name',
    })
    expect(
      fragmentOf(withStatus('Failed', { Error: { Description: ' ', Message: 'old' } })).status.message,
    ).toBe('old')
  })
})

describe('names', () => {
  it('are found in any case, the documented spelling first', () => {
    const body = {
      TIME: event.Time,
      chainid: 'wrong',
      ChainId: 'right',
      step: { id: 's', NAME: 'n', status: 'Started', ParentID: 'p' },
      mappings: { SERVICE: 'billing' },
    }
    expect(fragmentOf(body)).toMatchObject({
      name: 'n',
      resource: { 'service.name': 'billing' },
      attributes: { 'invictus.chain.id': 'right', 'invictus.step.id': 's', 'invictus.step.parent_id': 'p' },
    })
  })

  it('fall back to the action of the mapping, and to none', () => {
    const step = { ...event.Step, Name: '  ' }
    expect(fragmentOf({ ...event, Step: step, Mappings: { Action: 'New invoice' } }).name).toBe('New invoice')
    expect(fragmentOf({ ...event, Step: step }).name).toBe('')
  })

  it('and texts are kept verbatim, and numbers and booleans as JSON writes them', () => {
    const body = { ...event, ChainId: ' A ', Source: true, Step: { ...event.Step, Id: 12, Name: 1.5 } }
    expect(fragmentOf(body)).toMatchObject({
      name: '1.5',
      attributes: { 'invictus.chain.id': ' A ', 'invictus.step.id': '12', 'invictus.source': 'true' },
    })
  })

  it('that are too large for a number keep their digits', () => {
    const body = JSON.stringify(event).replace(
      '"edbd5ddb-b206-4437-8ac3-5401b148c8cb"',
      '12345678901234567890',
    )
    expect(fragmentOf(body).attributes).toMatchObject({ 'invictus.chain.id': '12345678901234567890' })
  })
})

describe('parents', () => {
  const own = '2cd1a8cf6d4a8c1e'

  it('are guessed from the chain and the step that is named', () => {
    const fragment = fragmentOf({ ...event, ParentId: 'ignored', Step: { ...event.Step, ParentId: own } })
    expect(fragment.parentSpanId).toBe(own)
    expect(fragment.attributes).toMatchObject({
      'invictus.step.parent_id': own,
      'spanloom.parent.key': `edbd5ddbb20644378ac35401b148c8cb/${own}`,
    })
    expect(fragment.attributes).not.toHaveProperty('invictus.parent_id')
  })

  it('of the legacy field count only where the assembler knows them', () => {
    const fragment = fragmentOf({ ...event, ParentId: own })
    expect(fragment.parentSpanId).toBe('')
    expect(fragment.attributes).toMatchObject({
      'invictus.parent_id': own,
      'spanloom.parent.key': `edbd5ddbb20644378ac35401b148c8cb/${own}`,
    })
  })

  it.each(['', 'invoice', null, {}])('are none for the legacy field %j', (ParentId) => {
    const { attributes } = fragmentOf({ ...event, ParentId })
    expect(attributes).not.toHaveProperty('spanloom.parent.key')
    expect(attributes).not.toHaveProperty('invictus.parent_id')
  })
})

describe('data', () => {
  it('keeps the type of its values', () => {
    const body = JSON.stringify({ ...event, Properties: { Data: { key: 'DATA' } } }).replace(
      '{"key":"DATA"}',
      `{"text":"","int":2,"whole":2.0,"double":0.5,"large":1e300,"on":true,"none":null,"list":[1, "a",{"b":null}],
        "big":9007199254740993,"deep":{"n":12345678901234567890},"Case":1,"case":2,"__proto__":"p"}`,
    )
    const { attributes } = fragmentOf(body)
    expect(attributes).toMatchObject({
      'invictus.data.text': '',
      'invictus.data.int': 2,
      'invictus.data.whole': 2,
      'invictus.data.double': 0.5,
      'invictus.data.large': 1e300,
      'invictus.data.on': true,
      'invictus.data.list': '[1,"a",{"b":null}]',
      'invictus.data.big': '9007199254740993',
      'invictus.data.deep': '{"n":12345678901234567890}',
      'invictus.data.Case': 1,
      'invictus.data.case': 2,
      'invictus.data.__proto__': 'p',
    })
    expect(attributes).not.toHaveProperty('invictus.data.none')
  })

  it('is in the span event of an Active event only', () => {
    const Properties = { Milestone: 'M', Data: { key: 'value' } }
    const data = { 'invictus.data.key': 'value' }
    expect(fragmentOf(withStatus('Active', { Properties })).events[0]?.attributes).toMatchObject(data)
    expect(fragmentOf(withStatus('Completed', { Properties })).events[0]?.attributes).not.toMatchObject(data)
  })
})

it('describes the Azure resource', () => {
  const guid = '308a4c53-eca0-42a4-b05f-c43bd25270e9'
  const azure = (ResourceId: string): unknown => fragmentOf({ ...event, Azure: { ResourceId } }).attributes
  expect(azure(`/subscriptions/${guid}/x`)).toMatchObject({
    'cloud.provider': 'azure',
    'cloud.account.id': guid,
  })
  expect(azure('/subscriptions/none/x')).not.toHaveProperty('cloud.account.id')
  expect(azure(`/other/${guid}`)).not.toHaveProperty('cloud.provider')
})

describe('a time', () => {
  it('that is missing or cannot be read is that of the message', () => {
    const { Time: _, ...timeless } = event
    const invalid = fragmentOf({ ...event, Time: 'soon' })
    expect(invalid).toMatchObject({
      startTimeUnixNano: String(arrival),
      attributes: { 'invictus.time.source': 'enqueued', 'invictus.time.invalid': 'soon' },
    })
    expect(invalid.attributes['spanloom.event.id']).toMatch(/^[\da-f]{32}$/)
    expect(fragmentOf(timeless).attributes).not.toHaveProperty('invictus.time.invalid')
    expect(translate([timeless, { ...event, Time: {} }, event]).invalidTimes).toBe(2)
  })

  it('without a zone is in the assumed one', () => {
    const options = { assumedZoneMinutes: 60 }
    expect(fragmentOf({ ...event, Time: '2026-01-01T01:00' }, { options }).startTimeUnixNano).toBe(
      String(arrival),
    )
  })
})

it('gives an event an identity only where its bytes may differ between deliveries', () => {
  expect(fragmentOf(event).attributes).not.toHaveProperty('spanloom.event.id')
  const shuffled = {
    Step: { Status: 'Started', Name: 'Invoice', Id: 'invoice' },
    ChainId: event.ChainId,
    Time: event.Time,
  }
  const identities = [event, shuffled].map(
    (body) => fragmentOf(body, { sender: link }).attributes['spanloom.event.id'],
  )
  expect(identities[0]).toMatch(/^[\da-f]{32}$/)
  expect(identities[1]).toBe(identities[0])
})

describe('bad input', () => {
  it.each(['', 'nonsense', '[1,', Buffer.from([0xff])])('%s is no JSON', (body) => {
    const run = (): unknown => translate(body)
    expect(run).toThrow(MessageError)
    expect(run).toThrow(
      expect.objectContaining({ reason: 'not_json', permanent: true, message: 'The message is not JSON.' }),
    )
  })

  it('holds too many events', () => {
    expect(() => translate([event, event], { options: { maxEventsPerMessage: 1 } })).toThrow(
      expect.objectContaining({ reason: 'too_many_events' }),
    )
  })

  it('rejects elements that are no events and takes the others', () => {
    const deep = JSON.parse('['.repeat(200) + ']'.repeat(200))
    const translation = translate([
      null,
      5,
      [event],
      { ...event, ChainId: '' },
      { ...event, Step: 'text' },
      { ...event, Step: { ...event.Step, Id: null } },
      { ...event, Step: { ...event.Step, Status: [] } },
      { ...event, Properties: { Data: { deep } } },
      event,
    ])
    expect(translation.accepted).toBe(1)
    expect(translation.traces.spanCount).toBe(1)
    expect(Object.fromEntries(translation.rejected)).toEqual({
      not_an_object: 3,
      no_chain_id: 1,
      no_step: 1,
      no_step_id: 1,
      no_step_status: 1,
      too_deep: 1,
    })
    expect(translation.rejectedCount).toBe(8)
  })

  it('of a part leaves the part out', () => {
    const parts = { Mappings: [], Properties: 'x', Error: 5, Azure: null }
    expect(fragmentOf({ ...event, ...parts })).toEqual(fragmentOf(event))
    expect(fragmentOf({ ...event, Properties: { Data: [1] } })).toEqual(fragmentOf(event))
  })

  it('counts chains whose id was forgotten', () => {
    const zero = { ...event, ChainId: '00000000-0000-0000-0000-000000000000' }
    expect(translate([zero, event, zero]).zeroChainIds).toBe(2)
  })
})

describe('a span that the exporter preserved', () => {
  const preserved = span({
    traceId: link.traceId,
    spanId: link.spanId,
    name: 'POST /orders',
    kind: 'SERVER',
    startTime: 5n,
    endTime: 9n,
    attributes: { 'order.id': 'SO-9' },
    resource: { 'service.name': 'order-api' },
  })
  const json = toOtlpJson(Traces.of([preserved]))
  const carrying = (value: unknown): object =>
    withStatus('Completed', { Properties: { Data: { 'otel.json': value } } })

  it('comes back verbatim', () => {
    const [back, ...others] = translate([carrying(''), carrying(json)]).traces.spans()
    expect(others).toEqual([])
    expect(back && plain(back)).toEqual(plain(preserved))
    expect(back?.bytes).toEqual(preserved.bytes)
  })

  it('makes nothing of the events that announce it', () => {
    expect(translate([carrying('')])).toMatchObject({
      accepted: 1,
      merged: 1,
      rejectedCount: 0,
      traces: { spanCount: 0 },
    })
  })

  it('also comes without the levels around it', () => {
    const bare: unknown = JSON.parse(json).resourceSpans[0].scopeSpans[0].spans[0]
    expect(fragmentOf(carrying(JSON.stringify(bare)))).toMatchObject({ name: 'POST /orders', resource: {} })
  })

  const two = toOtlpJson(Traces.of([preserved, preserved]))
  it.each(['nonsense', '{}', '{"traceId":5}', 5, '{"resourceSpans":[]}', two])(
    'is an ordinary event where it is %s',
    (value) => {
      expect(fragmentOf(carrying(value))).toMatchObject({
        name: 'Invoice',
        attributes: { 'invictus.data.otel.json': value },
      })
    },
  )
})
