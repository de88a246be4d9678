import fc from 'fast-check'
import { expect, test } from 'vitest'

import { compiledCheck } from './compiled.ts'
import { fits } from './fits.ts'
import type { ConfigSchema } from './schema.ts'

const names = fc.constantFrom('a', 'b', '__proto__', 'constructor')
const small = fc.integer({ min: -3, max: 3 })

const schemas = fc.letrec<{ schema: ConfigSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.record(
      {
        type: fc.constant('string' as const),
        enum: fc.constant(['a', 'bb']),
        minLength: fc.integer({ min: 0, max: 3 }),
        pattern: fc.constantFrom('^a', '^.$', '[0-9]'),
        format: fc.constantFrom('endpoint' as const, 'url' as const, 'path' as const, 'duration' as const),
        minimumMs: small,
        maximumMs: small,
      },
      { requiredKeys: ['type'] },
    ),
    fc.record(
      {
        type: fc.constantFrom('integer' as const, 'number' as const),
        minimum: small,
        maximum: small,
        exclusiveMinimum: small,
      },
      { requiredKeys: ['type'] },
    ),
    fc.constant({ type: 'boolean' as const }),
    fc.constant({ anyOf: [] }),
    fc.record(
      {
        type: fc.constant('array' as const),
        items: tie('schema'),
        minItems: fc.integer({ min: 0, max: 3 }),
        uniqueItems: fc.boolean(),
      },
      { requiredKeys: ['type', 'items'] },
    ),
    fc.record({ type: fc.constant('object' as const), additionalProperties: tie('schema') }),
    fc.record(
      {
        type: fc.constant('object' as const),
        properties: fc.dictionary(names, tie('schema'), { maxKeys: 3 }),
        required: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 2 }),
      },
      { requiredKeys: ['type', 'properties'] },
    ),
  ),
}))

const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      '',
      'a',
      'bb',
      '\u{1f600}',
      'a\u{1f600}',
      '7',
      'localhost:1',
      'http://localhost:1',
      'a\nb',
    ),
    fc.constantFrom(0, 1, -1, 2.5, Number.NaN, Infinity, true, false, null, undefined),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value

/** A value that has a good chance to fit. */
function near(schema: ConfigSchema): fc.Arbitrary<unknown> {
  if (schema.type === 'array') return fc.array(near(schema.items), { maxLength: 3 })
  if (schema.type !== 'object') return values
  if (schema.properties === undefined)
    return fc.dictionary(names, near(schema.additionalProperties), { maxKeys: 2, noNullPrototype: true })
  const properties = Object.entries(schema.properties).map(([key, inner]) => [key, near(inner)])
  return fc.record(Object.fromEntries(properties), { requiredKeys: [], noNullPrototype: true })
}

test('what fits for certain, fits by ajv', () => {
  let fitting = 0
  fc.assert(
    fc.property(
      schemas.schema.chain((schema) => fc.tuple(fc.constant(schema), fc.oneof(near(schema), values))),
      ([schema, value]) => {
        const certain = fits(schema, value)
        if (certain) fitting++
        const byAjv = compiledCheck(schema)(value)
        // What ajv accepts and this does not is only slower; it is so for lists of anything but texts.
        const mayDoubt = /uniqueItems|__proto__/.test(JSON.stringify(schema))
        expect(byAjv).toBe(certain || (mayDoubt && byAjv))
      },
    ),
    { numRuns: 2000 },
  )
  expect(fitting).toBeGreaterThan(200)
})

test.each<[ConfigSchema, unknown, boolean]>([
  [{ type: 'string', minLength: 2 }, '\u{1f600}', false],
  [{ type: 'string', minLength: 2 }, '\u{1f600}a', true],
  [{ type: 'string', format: 'duration', minimumMs: 5 }, 4, false],
  [{ type: 'integer' }, 1.5, false],
  [{ type: 'object', properties: { a: { type: 'boolean' } } }, { a: undefined }, true],
  [{ type: 'object', properties: { a: { type: 'boolean' } }, required: ['a'] }, { a: undefined }, false],
  [{ type: 'object', properties: {} }, { b: 1 }, false],
  [{ type: 'object', properties: {} }, JSON.parse('{"__proto__": 1}'), false],
  [{ type: 'array', items: { anyOf: [] }, uniqueItems: true }, ['a', 'a'], false],
])('%j and %j: %s', (schema, value, expected) => {
  expect(fits(schema, value)).toBe(expected)
})
