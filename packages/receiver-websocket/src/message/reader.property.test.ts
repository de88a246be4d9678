import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { compileProfile } from './compile-profile.ts'
import { splitFrame } from './framing.ts'
import { parsePointer, resolvePointer } from './json-pointer.ts'
import { createReader } from './reader.ts'

const read = createReader(compileProfile('expirenza'), {
  binary: 'decode',
  ignore: [/^hello/u],
  heartbeatReply: 'pong',
})
const command = (value: unknown): ReturnType<typeof read> =>
  read(Buffer.from(JSON.stringify(value)), false, 'commands')

describe('reader', () => {
  it('never throws, whatever comes', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each))
    const json = fc.json({ maxDepth: 6 }).map((each) => Buffer.from(each))
    fc.assert(
      fc.property(
        fc.oneof(bytes, json),
        fc.boolean(),
        fc.constantFrom('commands', 'replies'),
        (data, binary, side) => {
          for (const name of [
            'expirenza',
            'graphql-transport-ws',
            'json-rpc',
            'cloudevents',
            'raw',
            'custom',
          ] as const) {
            const reader = createReader(compileProfile(name), { binary: 'decode', ignore: [] })
            expect(['command', 'item', 'end', 'ignored', 'error']).toContain(reader(data, binary, side).kind)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('keeps every id as it was sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => {
        const reading = command({
          rID: id,
          operation: 'getBill',
          __headers__: { 'trace-id': id, 'span-id': id },
        })
        expect(reading).toMatchObject({ kind: 'command', requestId: id, traceId: id, spanId: id })
      }),
    )
  })

  it('keeps the digits of numbers that no number holds', () => {
    const text = '{"rID":1e2,"operation":"x","__headers__":{"trace-id":123456789012345678901234567890}}'
    expect(read(Buffer.from(text), false, 'commands')).toMatchObject({
      requestId: '1e2',
      traceId: '123456789012345678901234567890',
      warnings: ['request_id_not_string', 'trace_id_not_string'],
    })
  })

  it.each([
    ['{"operation":"..","rID":"1"}', 'bad_operation'],
    [`{"operation":"${'x'.repeat(257)}"}`, 'bad_operation'],
    [`{"operation":"x","a":${'['.repeat(1000)}${']'.repeat(1000)}}`, 'too_deep'],
    ['{"operation":7}', 'missing_operation'],
    ['{"__proto__":{"operation":"x"}}', 'missing_operation'],
    ['{"operation":"x"} ', undefined],
  ])('judges %s', (text, reason) => {
    const reading = read(Buffer.from(text), false, 'commands')
    expect(reading.kind === 'error' ? reading.reason : undefined).toBe(reason)
  })

  it('ignores greetings and answers to heartbeats', () => {
    for (const text of ['hello there', 'pong'])
      expect(read(Buffer.from(text), false, 'commands').kind).toBe('ignored')
  })
})

describe('pointers', () => {
  it('reach own members only', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'length'])
      expect(resolvePointer({ a: {} }, parsePointer(`/a/${name}`))).toBeUndefined()
    expect(resolvePointer(JSON.parse('{"__proto__":{"x":1}}'), parsePointer('/__proto__/x'))).toBe(1)
    expect(() => parsePointer('a~2')).toThrow(SyntaxError)
  })
})

describe('splitFrame', () => {
  it('gives the elements of an array and the lines of a text in their own bytes', () => {
    const element = fc.json({ maxDepth: 3 })
    fc.assert(
      fc.property(fc.array(element), fc.constantFrom('', ' ', '\n'), (elements, blank) => {
        const array = Buffer.from(`${blank}[${blank}${elements.join(`${blank},${blank}`)}${blank}]${blank}`)
        expect(splitFrame(array, 'json_array').map((each) => each.toString().trim())).toEqual(
          elements.map((each) => each.trim()),
        )
        const lines = Buffer.from(elements.join('\n'))
        expect(splitFrame(lines, 'ndjson').map(String)).toEqual(elements)
      }),
    )
    expect(splitFrame(Buffer.from('[1,2'), 'json_array')).toHaveLength(1)
    expect(splitFrame(Buffer.from('{}'), 'json_array')).toHaveLength(1)
  })
})
