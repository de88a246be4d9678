import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { ConfigError, parseConfig, renderIssues } from '../../src/index.ts'
import type { ObjectSchema } from '../../src/index.ts'
import { base, type Setup, load } from './load.ts'

/** `fine`, or `refused` with issues that can be shown; anything else is thrown on. */
async function outcome(setup: Setup): Promise<string> {
  try {
    await load(setup)
    return 'fine'
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const isPlaced = error.issues.every(({ line = 1, column = 1 }) => Math.min(line, column) > 0)
    return isPlaced && renderIssues(error.issues, { color: false }) !== '' ? 'refused' : 'unreadable'
  }
}

const rich = `${base.replace('debug:', 'debug: &d {int: 5, tags: [a], headers: {a: "${env:A}"}, sending_queue: {queue_size: 5_000}}')}
processors: {batch: {limit: 0x10}}
connectors: {forward: }
extensions: {file_storage: {directory: "$$x"}}
`
const env = { A: '[${B}]', B: '{x: "${A}"}', X: 'y' }

it('any text gives a configuration or a ConfigError', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), fc.string(), async (text, set) => {
      expect(['fine', 'refused']).toContain(await outcome({ files: { c: text }, sets: [set], env }))
    }),
  )
})

it('any text made of the signs of YAML does', async () => {
  const signs = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ': ',
    ', ',
    '- ',
    '\n',
    '\n  ',
    '\n    ',
    '&a ',
    '*a',
    '<<: ',
    '"',
    "'",
    '|\n',
    '>\n',
    '#',
    '? ',
    '!!int ',
    '::',
    '%',
    '---\n',
    '${A}',
    '$$',
    '~',
    'a',
    'receivers',
    'otlp',
    'service',
    '0x1',
    '1_0',
    '\t',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(signs, { maxLength: 40 }), async (parts) => {
      expect(['fine', 'refused']).toContain(await outcome({ files: { c: parts.join('') }, env }))
    }),
    { numRuns: 300 },
  )
})

it('a good file with some characters changed does', async () => {
  const change = fc.record({
    at: fc.nat(rich.length),
    cut: fc.nat(6),
    put: fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom('${A}', '${', '::', '\n', ' ', '*d', '<<: *d', '__proto__: 1', 'constructor: '),
    ),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const text = changes.reduce((t, { at, cut, put }) => t.slice(0, at) + put + t.slice(at + cut), rich)
      expect(['fine', 'refused']).toContain(await outcome({ files: { c: text }, env, tracesOnly: true }))
    }),
    { numRuns: 300 },
  )
})

it('any JSON value does as settings of a component', () => {
  const schema: ObjectSchema = {
    type: 'object',
    properties: {
      a: { type: 'string', format: 'duration', default: '1s' },
      b: { type: 'array', items: { type: 'integer' }, commaSeparated: true },
      c: { type: 'object', additionalProperties: { type: 'string', secret: true } },
      d: {
        type: 'object',
        section: 'ready',
        properties: { e: { type: 'boolean', default: true } },
        required: ['f'],
      },
      g: {
        anyOf: [
          { type: 'string', reference: 'extension' },
          { type: 'array', items: { any: true } },
        ],
      },
      h: { any: true },
    },
  }
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'g', 'h', 'enabled', '__proto__', 'constructor')
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5 }),
    ),
  }))
  fc.assert(
    fc.property(value, (given) => {
      expect(['frozen', 'refused']).toContain(parsed(schema, given))
      expect({}).not.toHaveProperty('enabled')
    }),
    { numRuns: 500 },
  )
})

function parsed(schema: ObjectSchema, value: unknown): string {
  try {
    return Object.isFrozen(parseConfig(schema, value)) ? 'frozen' : 'loose'
  } catch (error) {
    if (error instanceof ConfigError) return 'refused'
    throw error
  }
}
