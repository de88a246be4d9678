import {
  createEvent,
  decodeHttpBinary,
  decodeJson,
  encodeBinary,
  encodeStructured,
  readData,
} from '@spanloom/cloudevents'
import { CloudEvent, HTTP, type Message } from 'cloudevents'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** What the SDK of the CloudEvents project writes we read, and it reads what we write. */
describe('the cloudevents package', () => {
  const attributes = {
    id: 'e-1',
    source: '/shop/orders',
    type: 'order.created',
    subject: 'ord-7',
    time: '2026-01-15T10:00:00.123Z',
    datacontenttype: 'application/json',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01',
  }
  const event = new CloudEvent({ ...attributes, data: { total: 12, items: ['a', 'b'] } })

  it('is understood in binary mode', () => {
    const { headers, body } = HTTP.binary(event)
    const distinct = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [String(value)]]),
    )
    const read = decodeHttpBinary(distinct, Buffer.from(String(body)))
    expect(Object.fromEntries(read.attributes)).toMatchObject({
      ...attributes,
      datacontenttype: expect.stringContaining('application/json'),
    })
    expect(readData(read)).toEqual({ kind: 'json', value: { total: 12, items: ['a', 'b'] } })
  })

  it('is understood in structured mode', () => {
    const read = decodeJson(Buffer.from(String(HTTP.structured(event).body)), { validation: 'strict' })
    expect(Object.fromEntries(read.attributes)).toEqual({ ...attributes, specversion: '1.0' })
    expect(readData(read)).toEqual({ kind: 'json', value: { total: 12, items: ['a', 'b'] } })
  })

  it.each([encodeBinary, encodeStructured])('understands us', (encode) => {
    const { id, source, type, ...others } = attributes
    const ours = createEvent({
      id,
      source,
      type,
      attributes: others,
      data: { kind: 'json', value: { total: 12 } },
    })
    const { headers, body } = encode(ours)
    const message: Message = { headers, body: Buffer.from(body).toString() }
    const read = HTTP.toEvent(message)
    expect(read).toMatchObject({ ...attributes, data: { total: 12 } })
  })

  // What both sides agree on: the package neither escapes header values nor keeps the digits of a time.
  const word = fc.stringMatching(/^[A-Za-z0-9_.:/-]{1,30}$/)
  const extensions = fc.dictionary(
    fc.stringMatching(/^x[a-z0-9]{1,10}$/),
    fc.oneof(word, fc.integer({ min: -1_000, max: 1_000 }), fc.boolean()),
    { maxKeys: 4, noNullPrototype: true },
  )
  const events = fc.record({
    id: word,
    source: word,
    type: word,
    subject: word,
    extensions,
    data: fc.jsonValue({ maxDepth: 2 }),
  })
  const texts = (all: object): object =>
    Object.fromEntries(Object.entries(all).map(([k, v]) => [k, String(v)]))

  it('and we read the same of any event that it writes', () => {
    fc.assert(
      fc.property(events, ({ extensions: more, data, ...rest }) => {
        const time = '2026-01-15T10:00:00.000Z'
        const theirs = new CloudEvent({
          ...rest,
          ...more,
          time,
          datacontenttype: 'application/json',
          data: { data },
        })
        const expected = { ...rest, ...more, time, specversion: '1.0', datacontenttype: 'application/json' }
        const structured = decodeJson(Buffer.from(String(HTTP.structured(theirs).body)))
        expect(Object.fromEntries(structured.attributes)).toEqual(expected)
        const { headers, body } = HTTP.binary(theirs)
        const distinct = Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [String(value)]]),
        )
        const binary = decodeHttpBinary(distinct, Buffer.from(String(body)))
        expect({ ...Object.fromEntries(binary.attributes), datacontenttype: 'application/json' }).toEqual(
          texts(expected),
        )
        expect(readData(binary)).toEqual({ kind: 'json', value: JSON.parse(JSON.stringify({ data })) })
      }),
    )
  })
})
