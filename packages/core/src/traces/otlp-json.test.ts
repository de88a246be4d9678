import { describe, expect, it } from 'vitest'

import { PermanentError } from '../errors/errors.ts'
import { parseOtlpJson } from './parse-otlp-json.ts'
import { Resource } from './resource.ts'
import { Scope } from './scope.ts'
import { type Span, span } from './span.ts'
import { toOtlpJson } from './to-otlp-json.ts'
import { Traces } from './traces.ts'
import { double } from './values.ts'

function document(spanText: string): string {
  return `{"resourceSpans":[{"scopeSpans":[{"spans":[${spanText}]}]}]}`
}

function parseSpan(spanText: string): Span {
  const [first] = parseOtlpJson(document(spanText)).spans()
  if (first === undefined) throw new Error('There is no span.')
  return first
}

function parseValue(value: string): unknown {
  return parseSpan(`{"attributes":[{"key":"a","value":${value}}]}`).attribute('a')
}

describe('OTR-14: OTLP/JSON', () => {
  it('has names in lowerCamelCase or snake_case, ids in any case and integers as text or number', () => {
    const camel = parseSpan(
      '{"traceId":"4BF92F3577B34DA6A3CE929D0E0E4736","spanId":"00f067aa0ba902b7","startTimeUnixNano":"1767225600000000001"}',
    )
    const snake = parseSpan(
      '{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00F067AA0BA902B7","start_time_unix_nano":1767225600000000001}',
    )

    expect(camel.bytes).toEqual(snake.bytes)
    expect([snake.traceId, snake.startTimeUnixNano]).toEqual([
      '4bf92f3577b34da6a3ce929d0e0e4736',
      1767225600000000001n,
    ])
  })

  it('ignores what it does not know, null and empty ids', () => {
    const one = parseSpan(
      '{"some":{"new":[1]},"traceId":"","spanId":null,"name":"x","events":null,"status":{}}',
    )

    expect([one.traceId, one.spanId, one.name, one.events]).toEqual(['', '', 'x', []])
    expect(one.bytes.toString('hex')).toBe('2a0178')
  })

  it.each([
    '{}',
    '{"resourceSpans":[]}',
    '{"resourceSpans":null}',
    '{"other":1}',
    ' {"resource_spans":[{}]} ',
  ])('may have no spans: %s', (text) => {
    expect(parseOtlpJson(text).spanCount).toBe(0)
    expect(parseOtlpJson(Buffer.from(text)).spanCount).toBe(0)
  })

  it.each([
    ['{"stringValue":"a\\u0000\\"\\\\ü\\ud83d\\ude00"}', 'a\u0000"\\ü😀'],
    ['{"stringValue":"\\ud800"}', '\ufffd'],
    ['{"stringValue":""}', ''],
    ['{"boolValue":false}', false],
    ['{"intValue":"-7"}', -7],
    ['{"intValue":7}', 7],
    ['{"intValue":"9223372036854775807"}', 2n ** 63n - 1n],
    ['{"intValue":9223372036854775807}', 2n ** 63n - 1n],
    ['{"intValue":-9223372036854775808}', -(2n ** 63n)],
    ['{"intValue":9007199254740993}', 9007199254740993n],
    ['{"intValue":"1e3"}', 1000],
    ['{"intValue":12.0}', 12],
    ['{"doubleValue":2.5}', 2.5],
    ['{"doubleValue":5}', double(5)],
    ['{"doubleValue":12345678901234567890}', 12345678901234567000],
    ['{"doubleValue":"-1.5e-3"}', -0.0015],
    ['{"doubleValue":"NaN"}', Number.NaN],
    ['{"doubleValue":"-Infinity"}', -Infinity],
    ['{"doubleValue":-0}', -0],
    ['{"bytesValue":"AQL/"}', Buffer.from([1, 2, 255])],
    ['{"bytesValue":"AQL_"}', Buffer.from([1, 2, 255])],
    ['{"bytesValue":"AQ"}', Buffer.from([1])],
    ['{"bytesValue":""}', Buffer.from([])],
    ['{"arrayValue":{"values":[{"intValue":"1"},{},{"arrayValue":{}}]}}', [1, null, []]],
    ['{"kvlistValue":{"values":[{"key":"x","value":{"boolValue":true}},{"key":"y"}]}}', { x: true, y: null }],
    ['{"array_value":{"values":[{"string_value":"s"}]}}', ['s']],
    ['{}', null],
    ['{"newValue":1}', null],
    ['null', null],
    ['{"stringValue":"first","intValue":"2"}', 2],
  ])('carries the value %s', (text, value) => {
    expect(parseValue(text)).toEqual(value)
  })

  it('takes the last of equal keys, of JSON and of attributes', () => {
    const one = parseSpan(
      '{"name":"a","name":"b","attributes":[{"key":"k","value":{"intValue":1}},{"key":"k","value":{"intValue":2}}]}',
    )

    expect([one.name, one.attributes]).toEqual(['b', { k: 2 }])
  })

  it('finds no harm in keys that objects treat specially', () => {
    const one = parseSpan(
      '{"__proto__":{"name":"x","polluted":1},"attributes":[{"key":"__proto__","value":{"stringValue":"v"}}]}',
    )

    expect([one.name, one.attribute('__proto__'), 'polluted' in {}]).toEqual(['', 'v', false])
  })

  it.each([
    ['no JSON', 'x'],
    ['an end too early', '{"resourceSpans":['],
    ['a text without end', '{"resourceSpans":"\\"'],
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['groups that are no list', '{"resourceSpans":{}}'],
    ['a group that is no object', '{"resourceSpans":[1]}'],
    ['a resource that is no object', '{"resourceSpans":[{"resource":[]}]}'],
    ['a span that is null', document('null')],
    ['a trace id of 31 digits', document(`{"traceId":"${'a'.repeat(31)}"}`)],
    ['a trace id of 33 digits', document(`{"traceId":"${'a'.repeat(33)}"}`)],
    ['a trace id in base64', document('{"traceId":"S/kvNXezTaajzpKdDg5HNg=="}')],
    ['a trace id with another letter', document(`{"traceId":"${'g'.repeat(32)}"}`)],
    ['a span id of 32 digits', document(`{"spanId":"${'a'.repeat(32)}"}`)],
    ['a span id as a number', document('{"spanId":1234567812345678}')],
    ['a name that is a number', document('{"name":1}')],
    ['a kind by name', document('{"kind":"SPAN_KIND_SERVER"}')],
    ['a kind as text', document('{"kind":"2"}')],
    ['a kind with a fraction', document('{"kind":1.5}')],
    ['a kind beyond 32 bits', document('{"kind":4294967296}')],
    ['a status by name', document('{"status":{"code":"STATUS_CODE_ERROR"}}')],
    ['a status that is no object', document('{"status":2}')],
    ['a negative time', document('{"startTimeUnixNano":"-1"}')],
    ['a time beyond 64 bits', document('{"startTimeUnixNano":"18446744073709551616"}')],
    ['a time as a date', document('{"endTimeUnixNano":"2026-01-01T00:00:00Z"}')],
    ['a time with a fraction', document('{"endTimeUnixNano":1.5}')],
    ['a time that is empty', document('{"endTimeUnixNano":""}')],
    ['a time that is no number', document('{"endTimeUnixNano":true}')],
    ['a negative count', document('{"droppedLinksCount":-1}')],
    ['a count beyond 32 bits', document('{"droppedEventsCount":4294967296}')],
    ['flags beyond 32 bits', document('{"flags":"4294967296"}')],
    ['events that are no list', document('{"events":{}}')],
    ['an event that is no object', document('{"events":["x"]}')],
    ['a link with a short id', document('{"links":[{"traceId":"ab"}]}')],
    ['attributes as an object', document('{"attributes":{"a":1}}')],
    ['a key that is no text', document('{"attributes":[{"key":1}]}')],
    ['a value that is no object', document('{"attributes":[{"key":"a","value":"b"}]}')],
    ['text that is a number', document('{"attributes":[{"value":{"stringValue":1}}]}')],
    ['a boolean as text', document('{"attributes":[{"value":{"boolValue":"true"}}]}')],
    ['an integer beyond 64 bits', document('{"attributes":[{"value":{"intValue":"9223372036854775808"}}]}')],
    ['an integer with a fraction', document('{"attributes":[{"value":{"intValue":"1.5"}}]}')],
    ['an integer of spaces', document('{"attributes":[{"value":{"intValue":" 1"}}]}')],
    ['a double of letters', document('{"attributes":[{"value":{"doubleValue":"one"}}]}')],
    ['a double as a boolean', document('{"attributes":[{"value":{"doubleValue":true}}]}')],
    ['bytes that are no base64', document('{"attributes":[{"value":{"bytesValue":"a*b"}}]}')],
    ['bytes of five digits', document('{"attributes":[{"value":{"bytesValue":"AAAAA"}}]}')],
    ['an array as a list', document('{"attributes":[{"value":{"arrayValue":[]}}]}')],
    ['an array of bare values', document('{"attributes":[{"value":{"arrayValue":{"values":[1]}}}]}')],
    ['100,000 lists in lists', '['.repeat(100_000)],
    ['100,000 objects in objects', '{"a":'.repeat(100_000)],
    ['100,000 lists in an unknown field', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    [
      'values that nest too deep',
      document(`{"attributes":[{"value":${'{"arrayValue":{"values":['.repeat(65)}{}${']}}'.repeat(65)}}]}`),
    ],
  ])('is refused for good with %s', (_, text) => {
    let thrown: unknown
    try {
      parseOtlpJson(text)
    } catch (error) {
      thrown = error
    }

    expect(thrown).toBeInstanceOf(PermanentError)
    expect(thrown).toMatchObject({ code: 'INVALID_OTLP', grpcStatus: 3 })
  })

  it('does not take brackets and digits in texts for structure', () => {
    const brackets = '['.repeat(1000)
    const behind = parseSpan(`{"name":"\\\\","traceState":"${brackets}"}`)
    const one = parseSpan(`{"name":"\\"${brackets}\\\\","traceState":"12345678901234567890"}`)

    expect([one.name, one.traceState]).toEqual([`"${brackets}\\`, '12345678901234567890'])
    expect([behind.name, behind.traceState]).toEqual(['\\', brackets])
  })

  it('takes values as deep as protobuf may have them', () => {
    const text = `${'{"kvlistValue":{"values":[{"value":'.repeat(64)}{"intValue":"1"}${'}]}}'.repeat(64)}`
    const traces = parseOtlpJson(document(`{"attributes":[{"key":"deep","value":${text}}]}`))

    expect(toOtlpJson(Traces.fromProtobuf(traces.toProtobuf()))).toBe(toOtlpJson(traces))
  })
})

describe('JSON that is written', () => {
  const resource = Resource.of({ 'service.name': 'shop' }, { schemaUrl: 'https://example.org/r' })
  const scope = Scope.of({
    name: 'tests',
    version: '1',
    attributes: { s: true },
    schemaUrl: 'https://example.org/s',
  })

  it('has every field in its exact type', () => {
    const full = span({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      parentSpanId: '00f067aa0ba902b8',
      traceState: 'a=1',
      flags: 257,
      name: 'pay "now"',
      kind: 'SERVER',
      startTime: 1_767_225_600_000_000_001n,
      endTime: 1_767_225_600_000_000_002n,
      attributes: {
        int: 5,
        double: double(5),
        nan: Number.NaN,
        bytes: Buffer.from([255]),
        none: null,
        list: [-0],
      },
      droppedAttributesCount: 1,
      events: [{ time: 7n, name: 'e', attributes: { map: { k: 2n ** 60n } }, droppedAttributesCount: 2 }],
      droppedEventsCount: 3,
      links: [
        {
          traceId: 'a'.repeat(32),
          spanId: 'b'.repeat(16),
          traceState: 'b=2',
          flags: 1,
          droppedAttributesCount: 4,
        },
      ],
      droppedLinksCount: 5,
      status: { code: 'ERROR', message: 'no' },
      resource,
      scope,
    })

    expect(toOtlpJson(Traces.of([full]))).toBe(
      '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},' +
        '"scopeSpans":[{"scope":{"name":"tests","version":"1","attributes":[{"key":"s","value":{"boolValue":true}}]},' +
        '"spans":[{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","traceState":"a=1",' +
        '"parentSpanId":"00f067aa0ba902b8","flags":257,"name":"pay \\"now\\"","kind":2,' +
        '"startTimeUnixNano":"1767225600000000001","endTimeUnixNano":"1767225600000000002",' +
        '"attributes":[{"key":"int","value":{"intValue":"5"}},{"key":"double","value":{"doubleValue":5}},' +
        '{"key":"nan","value":{"doubleValue":"NaN"}},{"key":"bytes","value":{"bytesValue":"/w=="}},' +
        '{"key":"none","value":{}},{"key":"list","value":{"arrayValue":{"values":[{"doubleValue":-0}]}}}],' +
        '"droppedAttributesCount":1,"events":[{"timeUnixNano":"7","name":"e","attributes":[{"key":"map",' +
        '"value":{"kvlistValue":{"values":[{"key":"k","value":{"intValue":"1152921504606846976"}}]}}}],' +
        '"droppedAttributesCount":2}],"droppedEventsCount":3,"links":[{"traceId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",' +
        '"spanId":"bbbbbbbbbbbbbbbb","traceState":"b=2","droppedAttributesCount":4,"flags":1}],' +
        '"droppedLinksCount":5,"status":{"message":"no","code":2}}],"schemaUrl":"https://example.org/s"}],' +
        '"schemaUrl":"https://example.org/r"}]}',
    )
  })

  it('leaves out what has its default', () => {
    const bare = Traces.fromProtobuf(Buffer.from('0a04 1202 1200'.replaceAll(' ', ''), 'hex'))

    expect(toOtlpJson(bare)).toBe(
      '{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"traceId":"","spanId":"","name":"","status":{}}]}]}]}',
    )
    expect(toOtlpJson(Traces.empty)).toBe('{"resourceSpans":[]}')
  })

  it('keeps kinds and codes by number, and counts of resource and scope', () => {
    const odd =
      '{"resourceSpans":[{"resource":{"droppedAttributesCount":1},"scopeSpans":[{"scope":{"droppedAttributesCount":2},"spans":[{"traceId":"","spanId":"","name":"","kind":99,"status":{"code":-3}}]}]}]}'

    expect(toOtlpJson(parseOtlpJson(odd))).toBe(odd)
  })

  it('is one line of valid JSON, whatever texts hold', () => {
    const one = span({
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      name: 'a\nb\u2028\u0007\ud800',
      resource,
    })
    const text = toOtlpJson(Traces.of([one]))

    expect(text.split('\n')).toHaveLength(1)
    expect(parseSpan(JSON.stringify(JSON.parse(text).resourceSpans[0].scopeSpans[0].spans[0])).name).toBe(
      'a\nb\u2028\u0007\ufffd',
    )
  })
})
