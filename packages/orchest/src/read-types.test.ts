import { describe, expect, it } from 'vitest'

import { builtInTypes } from './built-in-types.ts'
import { payloadFault } from './payload-fault.ts'
import { readTypes } from './read-types.ts'
import { EventRegistry } from './registry.ts'

const step = { type: 'step:started', transition: 'open', entity: 'step', key: ['a.b'] }
const none = (): string => {
  throw Object.assign(new Error('no'), { code: 'ENOENT' })
}

describe('readTypes', () => {
  it('tells all faults of all files with their places', () => {
    const files = new Map([
      [
        'a.yaml',
        [
          'version: 1',
          'event_types:',
          '  - type: Step:Started',
          '    transition: begin',
          '  - type: step:ended',
          '    transition: close',
          '    entity: step',
          '    colour: red',
          '    key: [a]',
        ].join('\n'),
      ],
      ['b.yaml', 'version: 2\nevent_types: []'],
      ['c.yaml', 'version: [1'],
    ])
    const { faults } = readTypes(
      [{ file: 'a.yaml' }, { file: 'b.yaml' }, { file: 'c.yaml' }, { file: 'd.yaml' }],
      (path) => files.get(path) ?? none(),
    )
    const told = faults.map(({ file, line, message }) => `${file}:${line} ${message}`)
    expect(told).toEqual([
      expect.stringMatching(/^a.yaml:3 must match pattern/),
      'a.yaml:4 must be equal to one of the allowed values: open, note, close, instant, ignore',
      'a.yaml:8 must NOT have additional properties: "colour"',
      'b.yaml:1 must be equal to constant',
      expect.stringMatching(/^c.yaml:1 /),
      'd.yaml:1 the file cannot be read (ENOENT)',
    ])
  })

  it.each([
    [[step, step], '1.type: the type "step:started" is declared twice'],
    [
      [{ ...step, type: 'project:created' }],
      '0.type: "project:created" is built in; say override: true to change it',
    ],
    [[{ ...step, type: 'ping' }], '0.type: "ping" cannot be declared'],
    [[{ type: 'a', transition: 'open' }], '0: transition: open needs "entity"'],
    [[{ ...step, schema: { type: 'nothing' } }], '0.schema: this is no JSON Schema'],
  ])('refuses %j', (entries, expected) => {
    const { faults } = readTypes(entries, none)
    expect(faults.map(({ path, message }) => `${path}: ${message}`)).toContain(expected)
  })

  it('accepts an override, and warns of what never ends', () => {
    const { faults, warnings } = readTypes([{ ...step, type: 'project:created', override: true }], none)
    expect(faults).toEqual([])
    expect(warnings).toEqual(['The entity "step" is opened but never closed.'])
  })
})

describe('EventRegistry', () => {
  it('knows the 66 types of Orchest', () => {
    expect(builtInTypes).toHaveLength(66)
    expect(builtInTypes.filter(({ subscribable }) => subscribable)).toHaveLength(58)
    expect(new EventRegistry().types()).toHaveLength(66)
  })

  it('guesses what was meant', () => {
    const registry = new EventRegistry()
    expect(registry.suggestions('project:one-off-job:pipeline-run:faild')[0]).toBe(
      'project:one-off-job:pipeline-run:failed',
    )
    expect(registry.suggestions('project:moved')).toContain('project:created')
    expect(registry.suggestions('nothing of that kind at all')).toEqual([])
  })
})

describe('payloadFault', () => {
  it('names the place and the rule, never the value', () => {
    const schema = { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } }
    expect(payloadFault(schema, { a: 1 })).toBeUndefined()
    expect(payloadFault(schema, { a: 'secret' })).toBe('/a breaks the rule "type"')
    expect(payloadFault(schema, {})).toBe('/ breaks the rule "required"')
  })
})

describe('schemas', () => {
  it('may have an id, however often they are read', () => {
    const schema = { $id: 'https://shop.test/paid', type: 'object', required: ['n'] }
    for (const copy of [schema, structuredClone(schema)]) {
      const { faults } = readTypes([{ type: 'shop:paid', transition: 'instant', schema: copy }], none)
      expect(faults).toEqual([])
      expect(payloadFault(copy, {})).toContain('required')
    }
  })

  it('tell the place, but no name that the sender made up', () => {
    const schema = {
      properties: { list: { items: { properties: { n: { type: 'integer' } } } } },
      additionalProperties: { additionalProperties: { type: 'string' } },
    }
    expect(payloadFault(schema, { list: [{ n: 'x' }] })).toBe('/list/0/n breaks the rule "type"')
    expect(payloadFault(schema, { KANARIENVOGEL: { n: 1 } })).toBe('/*/n breaks the rule "type"')
  })
})
