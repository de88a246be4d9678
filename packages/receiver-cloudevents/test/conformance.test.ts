import { readData } from '@spanloom/cloudevents'
import { describe, expect, it } from 'vitest'

import { eventOf } from '../src/hub/hub-event.ts'
import { rawRequest } from './raw-request.ts'
import { running } from './running.ts'

// The scenarios of the conformance suite of CloudEvents in our words, so that they run everywhere.
const attributes = {
  specversion: '1.0',
  id: 'c-17',
  type: 'com.example.parcel.weighed',
  source: '/depot/scale',
  time: '2024-07-05T13:06:42Z',
}
const data = { grams: 512 }
const kinds = ['application/json', 'application/json; charset=utf-8']
const structuredKinds = ['application/cloudevents+json', 'application/cloudevents+json; charset=utf-8']
const document = JSON.stringify({ ...attributes, datacontenttype: 'application/json', data }, undefined, 2)

const told = (contentType: string): object => ({
  'cloudevents.event_id': attributes.id,
  'cloudevents.event_spec_version': '1.0',
  'cloudevents.event_type': attributes.type,
  'cloudevents.event_source': attributes.source,
  'spanloom.ce.time': attributes.time,
  'spanloom.ce.datacontenttype': contentType,
})
const settings = { validation: 'strict', extra_attributes: ['time', 'datacontenttype'] }

describe('the HTTP protocol binding', () => {
  it.each(kinds)('in binary mode, %s', async (kind) => {
    await using receiver = await running(settings)
    const headers = Object.entries(attributes).map(([name, value]): [string, string] => [`ce-${name}`, value])
    const body = JSON.stringify(data, undefined, 2)
    const answer = await rawRequest(receiver.url, { headers: [...headers, ['Content-Type', kind]], body })
    expect(answer.status).toBe(202)
    expect({ ...receiver.next.spans[0]?.attributes }).toEqual(told(kind))
  })

  it.each(structuredKinds)('in structured mode, %s', async (kind) => {
    await using receiver = await running(settings)
    const answer = await rawRequest(receiver.url, { headers: [['Content-Type', kind]], body: document })
    expect(answer.status).toBe(202)
    expect({ ...receiver.next.spans[0]?.attributes }).toEqual(told('application/json'))
  })
})

describe('the Kafka protocol binding', () => {
  const expected = { ...attributes, datacontenttype: 'application/json' }

  it('in binary mode', () => {
    const headers = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value])
    const properties = { ...Object.fromEntries(headers), 'content-type': 'application/json' }
    const event = eventOf({ body: Buffer.from(JSON.stringify(data)), properties }, { validation: 'strict' })
    expect(Object.fromEntries(event.attributes)).toEqual(expected)
    expect(readData(event)).toEqual({ kind: 'json', value: data })
  })

  it.each(structuredKinds)('in structured mode, %s', (kind) => {
    const event = eventOf(
      { body: Buffer.from(document), properties: { 'content-type': kind } },
      { validation: 'strict' },
    )
    expect(Object.fromEntries(event.attributes)).toEqual(expected)
    expect(readData(event)).toEqual({ kind: 'json', value: data })
  })
})
