import fc from 'fast-check'
import { expect, it } from 'vitest'

import { PermanentError } from '../errors/errors.ts'
import { jsonDepthExceeds, parseJson } from './json.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

it('parses what JSON.parse parses', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      expect(parseJson(bytes(text), { maxDepth: 1000 })).toEqual(JSON.parse(text))
    }),
  )
})

it('counts nesting exactly, strings left aside', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const depth = depthOf(value)
      const text = bytes(JSON.stringify(value))
      expect(jsonDepthExceeds(text, depth)).toBe(false)
      expect(jsonDepthExceeds(text, depth - 1)).toBe(depth > 0)
    }),
  )
})

it('says of every text what counting its brackets first would say', () => {
  fc.assert(
    fc.property(nearJson, fc.integer({ min: 0, max: 7 }), (text, maxDepth) => {
      expect(outcomeOf(() => parseJson(bytes(text), { maxDepth }))).toEqual(
        outcomeOf(() => countedFirst(bytes(text), maxDepth)),
      )
    }),
    { numRuns: 1000 },
  )
})

it('says the same of short and of long texts', () => {
  const padding = ' '.repeat(70_000)
  fc.assert(
    fc.property(nearJson, fc.integer({ min: 0, max: 7 }), (text, maxDepth) => {
      expect(outcomeOf(() => parseJson(bytes(text + padding), { maxDepth }))).toEqual(
        outcomeOf(() => parseJson(bytes(text), { maxDepth })),
      )
    }),
  )
})

it('never returns a value that is nested deeper, whatever keys are there twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ maxDepth: 6 })),
      fc.integer({ min: 1, max: 6 }),
      (values, maxDepth) => {
        const text = `{${values.map((value) => `"a":${JSON.stringify(value)}`).join(',')}}`
        const [value] = outcomeOf(() => parseJson(bytes(text), { maxDepth }))
        expect(depthOf(value)).toBeLessThanOrEqual(maxDepth)
        expect(value === undefined).toBe(values.length > 0 && depthOf(values.at(-1)) >= maxDepth)
      },
    ),
  )
})

it.each([1000, 65_536])('refuses %d levels in a text that is parsed first', (length) => {
  const open = '['.repeat(length)
  const whole = '['.repeat(length / 2) + ']'.repeat(length / 2)
  const keyed = '{"a":'.repeat(Math.floor(length / 6))
  for (const text of [open, whole, keyed, `${keyed}1${'}'.repeat(Math.floor(length / 6))}`.slice(0, length)])
    expect(() => parseJson(bytes(text))).toThrow(/nested deeper than 100 levels/)
})

it('refuses 100,000 levels without touching the stack', () => {
  expect(() => parseJson(bytes('['.repeat(100_000) + ']'.repeat(100_000)))).toThrow(
    /nested deeper than 100 levels/,
  )
  expect(() => parseJson(bytes('{"a":'.repeat(100_000)))).toThrow(PermanentError)
})

it('does not take brackets in strings for nesting', () => {
  expect(parseJson(bytes(JSON.stringify({ text: '"[['.repeat(500) })))).toEqual({ text: '"[['.repeat(500) })
})

it('refuses text that is not UTF-8', () => {
  expect(() => parseJson(Buffer.from([0x22, 0xff, 0xfe, 0x22]))).toThrow(/not UTF-8/)
})

it('echoes nothing of a broken text', () => {
  expect(() => parseJson(bytes('{"password": hunter2}'))).toThrow(
    expect.objectContaining({
      code: 'INVALID_JSON',
      grpcStatus: 3,
      message: expect.not.stringContaining('hunter2'),
    }),
  )
  expect(() => parseJson(bytes(''))).toThrow(PermanentError)
})

it('skips a byte order mark', () => {
  expect(parseJson(bytes('\ufeff[1]'))).toEqual([1])
})

it('leaves the prototype of everything alone when a key is called __proto__', () => {
  const value = parseJson(bytes('{"__proto__": {"polluted": true}}'))

  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})

/** JSON, also with white space, escapes, keys such as `__proto__` and broken places. */
const nearJson = fc
  .tuple(
    fc.oneof(
      fc.jsonValue({ maxDepth: 9 }),
      fc.letrec((tie) => ({
        node: fc.oneof(
          { maxDepth: 9 },
          fc.constantFrom('"[{', '\\"', null, 1),
          fc.array(tie('node'), { maxLength: 3 }),
          fc.dictionary(fc.constantFrom('__proto__', 'length', '0', '[', '\\', 'a'), tie('node')),
        ),
      })).node,
    ),
    fc.constantFrom(undefined, 2),
    fc.option(fc.tuple(fc.nat(), fc.constantFrom('', '[', ']', '{', '}', '"', '\\', ',')), { freq: 2 }),
  )
  .map(([value, space, broken]) => {
    const text = JSON.stringify(value, undefined, space)
    if (broken === null) return text
    const at = broken[0] % (text.length + 1)
    return text.slice(0, at) + broken[1] + text.slice(at + 1)
  })

/** How every text was parsed before short ones were measured as values. */
function countedFirst(text: Uint8Array, maxDepth: number): unknown {
  if (jsonDepthExceeds(text, maxDepth))
    throw new Error(`The body is not valid JSON: it is nested deeper than ${maxDepth} levels.`)
  try {
    return JSON.parse(Buffer.from(text).toString())
  } catch {
    throw new Error('The body is not valid JSON: its syntax is broken.')
  }
}

/** What was returned, or the message of what was thrown. */
function outcomeOf(parse: () => unknown): readonly [value: unknown, message?: string] {
  try {
    return [parse()]
  } catch (error) {
    return [undefined, error instanceof Error ? error.message : '']
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}
