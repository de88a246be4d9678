import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parsePointer, resolvePointer } from './json-pointer.ts'
import { container, Picker } from './picker.ts'

const pointers = ['/operation', '/rID', '/h', '/h/t', '/h/s', '/a/b/c', '/0', '/__proto__/x', '/h/t'].map(
  parsePointer,
)
const picker = new Picker(pointers, new Set([pointers[0], pointers[7]]))

/** What parsing finds at the pointers; `undefined` for a text that is no JSON object. */
function parsed(bytes: Buffer): readonly unknown[] | undefined {
  try {
    const root: unknown = JSON.parse(bytes.toString())
    if (typeof root !== 'object' || root === null || Array.isArray(root)) return undefined
    return pointers.map((pointer) => {
      const value = resolvePointer(root, pointer)
      return typeof value === 'object' && value !== null ? container : value
    })
  } catch {
    return undefined
  }
}

const names = [
  'operation',
  'rID',
  'h',
  't',
  's',
  'a',
  'b',
  'c',
  '0',
  '__proto__',
  'x',
  'op',
  'имя',
  '',
  'a"b',
  'a\\',
]
const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary-ascii' }),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.integer(),
  fc.constantFrom(null, true, false, -0, 1e21, 'getBill', 'getMenu', '', '\u0000', '\ud800'),
)
const { tree } = fc.letrec<{ tree: unknown; node: unknown }>((tie) => ({
  node: fc.oneof({ maxDepth: 5 }, scalar, fc.array(tie('node'), { maxLength: 3 }), tie('tree')),
  tree: fc
    .array(fc.tuple(fc.constantFrom(...names), tie('node')), { maxLength: 5 })
    .map((members) => new Members(members)),
}))

/** Members of an object as they are written, so that names may come twice. */
class Members {
  readonly list: readonly (readonly [string, unknown])[]

  constructor(list: readonly (readonly [string, unknown])[]) {
    this.list = list
  }
}

function written(value: unknown, blank: string): string {
  if (value instanceof Members) {
    const members = value.list.map(
      ([name, each]) => `${blank}${JSON.stringify(name)}${blank}:${blank}${written(each, blank)}${blank}`,
    )
    return `{${members.join(',') || blank}}`
  }
  if (Array.isArray(value))
    return `[${value.map((each) => `${blank}${written(each, blank)}${blank}`).join(',') || blank}]`
  return JSON.stringify(value)
}

const text = fc
  .tuple(tree, fc.constantFrom('', ' ', '\n\t', '\r\n '))
  .map(([value, blank]) => `${blank}${written(value, blank)}${blank}`)

describe('Picker', () => {
  it('finds what parsing finds, or gives up', () => {
    let taken = 0
    fc.assert(
      fc.property(text, (each) => {
        const bytes = Buffer.from(each)
        const picked = picker.pick(bytes)
        if (picked !== undefined) taken++
        expect(picked ?? parsed(bytes)).toEqual(parsed(bytes))
      }),
      { numRuns: 3_000 },
    )
    expect(taken).toBeGreaterThan(500)
  })

  it('takes nothing for JSON that is not', () => {
    const byte = fc.oneof(fc.constantFrom(...Buffer.from('",}]{:0\\\u0001e.-')), fc.nat({ max: 255 }))
    const damaged = fc
      .tuple(text, fc.nat(), fc.nat({ max: 3 }), fc.array(byte, { maxLength: 2 }))
      .map(([each, at, length, others]) => {
        const bytes = Buffer.from(each)
        const start = at % bytes.length
        return Buffer.concat([bytes.subarray(0, start), Buffer.from(others), bytes.subarray(start + length)])
      })
    fc.assert(
      fc.property(damaged, (bytes) => {
        const picked = picker.pick(bytes)
        expect(picked ?? parsed(bytes)).toEqual(parsed(bytes))
      }),
      { numRuns: 5_000 },
    )
  })

  it.each([
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":1e}',
    '{"a":-}',
    '{"a":+1}',
    '{"a":tru}',
    '{"a":truee}',
    '{"a":nul',
    '{"a":"\\x"}',
    '{"a":"\\u12g4"}',
    '{"a":"\\u12',
    '{"a":"\n"}',
    '{"a":[1,]}',
    '{"a":[1}',
    '{"a":{"b":1]}',
    '{"a":1,}',
    '{,}',
    '{"a"}',
    '{"a":1}}',
    '{"a":1} x',
    '{"operation":"x","z":[[[{"y":}]]]}',
    '{"operation":"x","z":{"y" 1}}',
    '["operation"]',
    '"operation"',
    '',
    '{',
  ])('does not take %j', (each) => {
    expect(picker.pick(Buffer.from(each))).toBeUndefined()
  })

  it.each([
    ['names that come twice', '{"h":{"t":"1"},"operation":"x","h":{}}'],
    ['names that are written in another way', '{"\\u006fperation":"x"}'],
    ['ids that are written in another way', '{"rID":"\\u0031"}'],
    ['lists where an object is asked for', '{"a":[{"b":{"c":1}}]}'],
    ['nesting without end', `{"z":${'['.repeat(32)}${']'.repeat(32)}}`],
  ])('leaves %s to the parser', (_what, each) => {
    expect(picker.pick(Buffer.from(each))).toBeUndefined()
    expect(parsed(Buffer.from(each))).toBeDefined()
  })

  it('takes the usual command, also behind a byte order mark and with texts in any script', () => {
    const bill = { name: 'Кава "еспресо"\n', list: [{}, [], 1.5e-7, -0, true, null, '\\'] }
    const command = { rID: '#7', operation: 'getBill', bill, h: { t: 'ідентифікатор', s: '7b9a' } }
    for (const mark of ['', '\ufeff']) {
      const picked = picker.pick(Buffer.from(mark + JSON.stringify(command, undefined, mark === '' ? 0 : 2)))
      expect(picked?.slice(0, 5)).toEqual(['getBill', '#7', container, 'ідентифікатор', '7b9a'])
    }
  })

  it('reads equal texts as equal texts, however many there are', () => {
    for (let round = 0; round < 3; round++)
      for (let number = 0; number < 500; number++) {
        const operation = `operation-${number}`
        expect(picker.pick(Buffer.from(JSON.stringify({ operation })))?.[0]).toBe(operation)
      }
  })
})
