import {
  CloudEventError,
  decodeHttpBinary,
  decodeJson,
  decodeJsonBatch,
  decodeMessage,
  type DecodeOptions,
} from '@spanloom/cloudevents'
import { describe, expect, it } from 'vitest'

const base = { specversion: '1.0', id: 'e-1', source: '/shop/orders', type: 'order.created' }
const strict: DecodeOptions = { validation: 'strict' }

/** The reason of the refusal, or `accepted`. */
function verdict(decode: () => unknown): string {
  try {
    decode()
    return 'accepted'
  } catch (error) {
    if (error instanceof CloudEventError) return error.reason
    throw error
  }
}

const ofJson = (members: unknown, options?: DecodeOptions): string =>
  verdict(() =>
    decodeJson(Buffer.from(typeof members === 'string' ? members : JSON.stringify(members)), options),
  )

const withHeaders = (
  headers: Readonly<Record<string, readonly string[]>>,
  options?: DecodeOptions,
  without: readonly string[] = [],
): string => {
  const all: Record<string, readonly string[]> = {
    'content-type': ['application/json'],
    ...Object.fromEntries(Object.entries(base).map(([name, value]) => [`ce-${name}`, [value]])),
    ...headers,
  }
  for (const name of without) delete all[name]
  return verdict(() => decodeHttpBinary(all, Buffer.from('{}'), options))
}

describe('what the specification demands, violated once each, in the JSON format', () => {
  const json = JSON.stringify(base)
  // members or text, what strict says, what lenient says
  it.each<[string, unknown, string, string]>([
    ['no id', { ...base, id: undefined }, 'missing_id', 'missing_id'],
    ['no source', { ...base, source: undefined }, 'missing_source', 'missing_source'],
    ['no type', { ...base, type: undefined }, 'missing_type', 'missing_type'],
    ['no specversion', { ...base, specversion: undefined }, 'missing_specversion', 'missing_specversion'],
    ['empty id', { ...base, id: '' }, 'missing_id', 'missing_id'],
    ['empty source', { ...base, source: '' }, 'missing_source', 'missing_source'],
    ['empty type', { ...base, type: '' }, 'missing_type', 'missing_type'],
    ['id is a number', { ...base, id: 5 }, 'missing_id', 'missing_id'],
    ['id is null', { ...base, id: null }, 'missing_id', 'missing_id'],
    ['an old specversion', { ...base, specversion: '0.3' }, 'unsupported_specversion', 'accepted'],
    ['source is no URI reference', { ...base, source: 'a b' }, 'invalid_attribute_value', 'accepted'],
    ['source with a broken escape', { ...base, source: '/a%2' }, 'invalid_attribute_value', 'accepted'],
    ['dataschema is relative', { ...base, dataschema: '/schema' }, 'invalid_attribute_value', 'accepted'],
    ['dataschema is empty', { ...base, dataschema: '' }, 'invalid_attribute_value', 'accepted'],
    ['subject is empty', { ...base, subject: '' }, 'invalid_attribute_value', 'accepted'],
    ['subject is a number', { ...base, subject: 1 }, 'invalid_attribute_value', 'accepted'],
    ['time without offset', { ...base, time: '2026-01-01T00:00:00' }, 'invalid_attribute_value', 'accepted'],
    ['time that never was', { ...base, time: '2026-02-30T00:00:00Z' }, 'invalid_attribute_value', 'accepted'],
    ['time at hour 24', { ...base, time: '2026-02-03T24:00:00Z' }, 'invalid_attribute_value', 'accepted'],
    ['time is a number', { ...base, time: 1 }, 'invalid_attribute_value', 'accepted'],
    [
      'datacontenttype is no media type',
      { ...base, datacontenttype: 'json' },
      'invalid_attribute_value',
      'accepted',
    ],
    ['a name with capitals', { ...base, traceParent: 'x' }, 'invalid_attribute_name', 'accepted'],
    ['a name with an underscore', { ...base, my_ext: 'x' }, 'invalid_attribute_name', 'accepted'],
    [
      'a name that is a trap',
      `{"__proto__":{"id":"x"},${json.slice(1)}`,
      'invalid_attribute_name',
      'accepted',
    ],
    ['a fraction', { ...base, ratio: 1.5 }, 'invalid_attribute_value', 'accepted'],
    [
      'an integer of more than 32 bits',
      { ...base, big: 2_147_483_648 },
      'invalid_attribute_value',
      'accepted',
    ],
    ['the smallest integer', { ...base, small: -2_147_483_648 }, 'accepted', 'accepted'],
    ['an object', { ...base, ext: {} }, 'invalid_attribute_value', 'accepted'],
    ['a list', { ...base, ext: [] }, 'invalid_attribute_value', 'accepted'],
    ['a control character', { ...base, ext: 'a\u0007b' }, 'invalid_attribute_value', 'accepted'],
    ['a C1 control character', { ...base, ext: 'a\u0085b' }, 'invalid_attribute_value', 'accepted'],
    ['half a surrogate pair', `${json.slice(0, -1)},"ext":"\\ud800"}`, 'invalid_attribute_value', 'accepted'],
    ['a noncharacter', { ...base, ext: '\ufdd0' }, 'invalid_attribute_value', 'accepted'],
    [
      'a noncharacter of a higher plane',
      { ...base, ext: '\u{1ffff}' },
      'invalid_attribute_value',
      'accepted',
    ],
    ['traceparent is a number', { ...base, traceparent: 5 }, 'invalid_attribute_value', 'accepted'],
    ['tracestate is a flag', { ...base, tracestate: true }, 'invalid_attribute_value', 'accepted'],
    ['data twice', { ...base, data: 1, data_base64: 'AA==' }, 'data_twice', 'data_twice'],
    ['data_base64 is a number', { ...base, data_base64: 5 }, 'invalid_base64', 'invalid_base64'],
    ['data_base64 is no Base64', { ...base, data_base64: 'a-b_' }, 'invalid_base64', 'accepted'],
    ['a member twice', `${json.slice(0, -1)},"id":"e-2"}`, 'duplicate_attribute', 'duplicate_attribute'],
    [
      'a member twice, escaped',
      `${json.slice(0, -1)},"\\u0069d":"e-2"}`,
      'duplicate_attribute',
      'duplicate_attribute',
    ],
    ['a list', [base], 'batch_not_supported', 'batch_not_supported'],
    ['a text', '"x"', 'not_an_object', 'not_an_object'],
    ['nothing', '', 'invalid_json', 'invalid_json'],
    ['half an event', json.slice(0, -1), 'invalid_json', 'invalid_json'],
    ['a bottomless event', `${'['.repeat(200)}${']'.repeat(200)}`, 'invalid_json', 'invalid_json'],
    ['a huge attribute', { ...base, ext: 'x'.repeat(65_537) }, 'attribute_too_large', 'attribute_too_large'],
    ['a long attribute', { ...base, ext: 'x'.repeat(65_536) }, 'accepted', 'accepted'],
    ['a long name', { ...base, ['x'.repeat(60)]: 'x' }, 'accepted', 'accepted'],
    ['a later minor version', { ...base, specversion: '1.0.2' }, 'accepted', 'accepted'],
    ['a leap second', { ...base, time: '2016-12-31t23:59:60.123456789+01:00' }, 'accepted', 'accepted'],
  ])('%s', (_, members, whenStrict, whenLenient) => {
    expect([ofJson(members, strict), ofJson(members)]).toEqual([whenStrict, whenLenient])
  })

  it('bytes that are not UTF-8', () => {
    expect(verdict(() => decodeJson(Buffer.from('{"id":"\xff"}', 'latin1')))).toBe('invalid_json')
  })
})

describe('what the specification demands, violated once each, in binary mode', () => {
  it.each<[string, Readonly<Record<string, readonly string[]>>, string, string]>([
    ['an empty id', { 'ce-id': [''] }, 'missing_id', 'missing_id'],
    ['a header twice', { 'ce-type': ['a', 'b'] }, 'duplicate_attribute', 'duplicate_attribute'],
    ['an extension twice', { 'ce-traceparent': ['a', 'a'] }, 'duplicate_attribute', 'duplicate_attribute'],
    ['ce-datacontenttype', { 'ce-datacontenttype': ['text/plain'] }, 'invalid_attribute_name', 'accepted'],
    ['ce-data', { 'ce-data': ['x'] }, 'invalid_attribute_name', 'accepted'],
    ['a name with a dash', { 'ce-my-ext': ['x'] }, 'invalid_attribute_name', 'accepted'],
    ['no name at all', { 'ce-': ['x'] }, 'invalid_attribute_name', 'accepted'],
    ['overlong UTF-8', { 'ce-subject': ['%C0%A0'] }, 'invalid_percent_encoding', 'invalid_percent_encoding'],
    [
      'an escaped surrogate',
      { 'ce-subject': ['%ED%A0%80'] },
      'invalid_percent_encoding',
      'invalid_percent_encoding',
    ],
    ['half a sequence', { 'ce-subject': ['%E2%82'] }, 'invalid_percent_encoding', 'invalid_percent_encoding'],
    ['a stray percent sign', { 'ce-subject': ['100%'] }, 'accepted', 'accepted'],
    ['an escaped line break', { 'ce-subject': ['a%0D%0Ax'] }, 'invalid_attribute_value', 'accepted'],
    ['a huge header', { 'ce-subject': ['x'.repeat(65_537)] }, 'attribute_too_large', 'attribute_too_large'],
  ])('%s', (_, headers, whenStrict, whenLenient) => {
    expect([withHeaders(headers, strict), withHeaders(headers)]).toEqual([whenStrict, whenLenient])
  })

  it('no mandatory header at all is no event; some are a broken one', () => {
    const all = ['ce-id', 'ce-source', 'ce-type', 'ce-specversion']
    expect(withHeaders({}, {}, all)).toBe('not_a_cloudevent')
    expect(all.map((name) => withHeaders({}, {}, [name]))).toEqual([
      'missing_id',
      'missing_source',
      'missing_type',
      'missing_specversion',
    ])
  })
})

describe('a batch', () => {
  const decode = (events: unknown, options = {}): string =>
    verdict(() => decodeJsonBatch(Buffer.from(JSON.stringify(events)), options))

  it('names what is wrong with each event', () => {
    const text = ` [ ${JSON.stringify(base)} ,\n 5, {"id":"x"}, {"id":"a","id":"b"} ] `
    const members = decodeJsonBatch(Buffer.from(text))
    expect(members.map(({ error }) => error?.reason)).toEqual([
      undefined,
      'not_an_object',
      'missing_specversion',
      'duplicate_attribute',
    ])
    expect(Buffer.from(members[0]?.json ?? []).toString()).toBe(JSON.stringify(base))
  })

  it('is refused as a whole when it is too long, no list, or mixes versions', () => {
    expect(decode([base, base, base], { maxEvents: 2 })).toBe('batch_too_large')
    expect(decode(base)).toBe('not_an_object')
    expect(decode([base, { ...base, specversion: '1.1' }], strict)).toBe('mixed_specversion')
    expect(decode([base, { ...base, specversion: '1.1' }])).toBe('accepted')
    expect(decode([])).toBe('accepted')
  })
})

describe('a message of a broker', () => {
  const decode = (contentType: string | undefined, properties: Readonly<Record<string, unknown>>): string =>
    verdict(() => decodeMessage({ contentType, properties, body: Buffer.from('[]') }))

  it('holds one event, as JSON or with properties', () => {
    expect(decode('application/cloudevents+avro', {})).toBe('unsupported_format')
    expect(decode('application/cloudevents-batch+json', {})).toBe('batch_not_supported')
    expect(decode('application/cloudevents+json', {})).toBe('batch_not_supported')
    expect(decode('application/json', { id: 'x' })).toBe('not_a_cloudevent')
    expect(decode(undefined, { ce_id: 'x' })).toBe('missing_specversion')
    expect(decode(undefined, Object.fromEntries(Object.entries(base).map(([k, v]) => [`ce_${k}`, v])))).toBe(
      'accepted',
    )
  })

  it('may tell its time as a native timestamp, or as the number that is left of it', () => {
    const ms = Date.UTC(2026, 0, 15)
    for (const time of [new Date(ms), ms, '2026-01-15T00:00:00.000Z']) {
      const properties = Object.fromEntries(
        Object.entries({ ...base, time }).map(([k, v]) => [`cloudEvents_${k}`, v]),
      )
      const { attributes } = decodeMessage({ contentType: undefined, properties, body: undefined }, strict)
      expect(attributes.get('time')).toBe('2026-01-15T00:00:00.000Z')
    }
  })

  it('may come with headers that are bytes, as Kafka has them', () => {
    const properties = Object.fromEntries(Object.entries(base).map(([k, v]) => [`ce_${k}`, Buffer.from(v)]))
    expect(decodeMessage({ contentType: undefined, properties, body: undefined })).toMatchObject({
      ...base,
      data: undefined,
    })
  })
})

it('never quotes a value in an error', () => {
  const secret = 'hush'
  for (const members of [
    { ...base, source: `${secret} ${secret}` },
    { ...base, ext: `${secret}\u0007` },
    `{"id":"${secret}`,
  ]) {
    const text = typeof members === 'string' ? members : JSON.stringify(members)
    expect(() => decodeJson(Buffer.from(text), strict)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    )
  }
})
