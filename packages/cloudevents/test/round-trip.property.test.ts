import {
  type CloudEvent,
  createEvent,
  decodeHeaderValue,
  decodeHttpBinary,
  decodeJson,
  decodeJsonBatch,
  decodeMessage,
  encodeBatch,
  encodeBinary,
  encodeHeaderValue,
  encodeStructured,
  type EventData,
  parseTraceContext,
  readData,
  setJsonMembers,
} from '@spanloom/cloudevents'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

// oxlint-disable-next-line no-control-regex -- those are what strict validation refuses
const forbidden = /[\u0000-\u001f\u007f-\u009f\p{Noncharacter_Code_Point}]/u
const text = fc
  .string({ minLength: 1, maxLength: 40, unit: 'binary' })
  .filter((value) => value.isWellFormed() && !forbidden.test(value))
const name = fc
  .stringMatching(/^[a-z][a-z0-9]{0,12}$/)
  .filter(
    (word) =>
      ![
        'id',
        'source',
        'type',
        'specversion',
        'data',
        'datacontenttype',
        'dataschema',
        'time',
        'subject',
        'traceparent',
        'tracestate',
      ].includes(word),
  )
const value = fc.oneof(text, fc.boolean(), fc.integer())
const data: fc.Arbitrary<EventData | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes): EventData => ({ kind: 'bytes', bytes })),
  fc
    .jsonValue({ maxDepth: 3 })
    .map((json): EventData => ({ kind: 'json', value: JSON.parse(JSON.stringify(json)) })),
)

const event: fc.Arbitrary<CloudEvent> = fc
  .record({
    id: text,
    type: text,
    subject: text,
    extensions: fc.dictionary(name, value, { maxKeys: 5 }),
    data,
  })
  .map(({ id, type, subject, extensions, data }) =>
    createEvent({
      id,
      type,
      source: '/s',
      attributes: { subject, ...extensions },
      ...(data === undefined ? {} : { data }),
    }),
  )

const strict = { validation: 'strict' } as const
const content = (one: CloudEvent): unknown => {
  const data = readData(one)
  const plain = data.kind === 'binary' ? Buffer.from(data.bytes).toString('hex') : data
  return { attributes: new Map(one.attributes), data: plain }
}
const texts = (one: CloudEvent): unknown =>
  new Map([...one.attributes].map(([key, value]) => [key, String(value)]))

function distinct(headers: Readonly<Record<string, string>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, [value]]))
}

describe('an event is the same after it was', () => {
  it('written and read in structured mode', () => {
    fc.assert(
      fc.property(event, (one) => {
        expect(content(decodeJson(encodeStructured(one).body, strict))).toEqual(content(one))
      }),
    )
  })

  it('written and read in batches', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), (events) => {
        const members = decodeJsonBatch(encodeBatch(events).body, strict)
        expect(members.map((member) => member.event && content(member.event))).toEqual(events.map(content))
      }),
    )
  })

  it('written and read in binary mode, where every attribute is a text', () => {
    fc.assert(
      fc.property(event, (one) => {
        const { headers, body } = encodeBinary(one)
        expect(Object.values(headers).every((each) => /^[\x21-\x7e]*$/.test(each))).toBe(true)
        const read = decodeHttpBinary(distinct(headers), body, strict)
        const written = new Map(one.attributes)
        if (headers['content-type'] !== undefined) written.set('datacontenttype', headers['content-type'])
        expect(texts(read)).toEqual(texts({ ...one, attributes: written }))
        expect(Buffer.from(read.data?.kind === 'bytes' ? read.data.bytes : [])).toEqual(Buffer.from(body))
      }),
    )
  })

  it('carried by a broker', () => {
    fc.assert(
      fc.property(event, fc.constantFrom('ce_', 'cloudEvents_', 'cloudEvents:'), (one, prefix) => {
        const properties = Object.fromEntries(
          [...one.attributes].map(([key, value]) => [`${prefix}${key}`, value]),
        )
        const read = decodeMessage({ contentType: undefined, properties, body: undefined }, strict)
        expect(read.attributes).toEqual(one.attributes)
      }),
    )
  })
})

describe('a header value', () => {
  it('is decoded to what was encoded', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed()),
        (value) => {
          expect(decodeHeaderValue(encodeHeaderValue(value))).toBe(value)
        },
      ),
    )
  })

  it('may be UTF-8 that was never encoded', () => {
    fc.assert(
      fc.property(
        text.filter((value) => !/[%"]/.test(value)),
        (value) => {
          expect(decodeHeaderValue(Buffer.from(value).toString('latin1'))).toBe(value)
        },
      ),
    )
  })

  it('fails in one way only', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('%', '"', '\\', 'C', '0', 'é', 'a', 'f') }), (value) => {
        try {
          decodeHeaderValue(value)
        } catch (error) {
          // oxlint-disable-next-line vitest/no-conditional-expect -- whether it fails is not what is asked
          expect(error).toMatchObject({ reason: 'invalid_percent_encoding' })
        }
      }),
    )
  })
})

describe('members set in a JSON text', () => {
  // As JSON says it: without -0.
  const members = fc
    .dictionary(fc.constantFrom('traceparent', 'tracestate', 'id', 'a"b', ''), fc.jsonValue())
    .map((object): Record<string, unknown> => JSON.parse(JSON.stringify(object)))

  it('have their values, and nothing else changes', () => {
    fc.assert(
      fc.property(members, fc.string(), fc.boolean(), (object, value, pretty) => {
        const json = JSON.stringify(object, undefined, pretty ? 2 : 0)
        const changed = setJsonMembers(
          Buffer.from(json),
          new Map([
            ['traceparent', value],
            ['tracestate', null],
          ]),
        )
        const expected = {
          ...object,
          traceparent: value,
          ...('tracestate' in object ? { tracestate: null } : {}),
        }
        expect(JSON.parse(Buffer.from(changed).toString())).toEqual(expected)
      }),
    )
  })

  it('leave numbers, escapes and order as they are', () => {
    const json = '{ "n": 12345678901234567890, "f":1.0 ,"s":"\\u00e9\\/", "data":{"id":"}"} }'
    const changed = setJsonMembers(
      Buffer.from(json),
      new Map([
        ['traceparent', 'x'],
        ['tracestate', null],
      ]),
    )
    expect(Buffer.from(changed).toString()).toBe(
      '{ "n": 12345678901234567890, "f":1.0 ,"s":"\\u00e9\\/", "data":{"id":"}"},"traceparent":"x" }',
    )
  })
})

it('reads a trace context, or none, of anything', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (traceparent, tracestate) => {
      expect(parseTraceContext(traceparent, tracestate)).toBeUndefined()
    }),
  )
})
