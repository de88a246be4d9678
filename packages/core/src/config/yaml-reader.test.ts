import { describe, expect, it } from 'vitest'

import { toPlain } from './node.ts'
import { SourceText } from './source-text.ts'
import { readYaml, yamlLimits } from './yaml-reader.ts'

function value(text: string): unknown {
  const { node, faults } = readYaml(new SourceText('t', text))
  expect(faults).toEqual([])
  return node === undefined ? undefined : toPlain(node)
}

function faults(text: string): readonly string[] {
  const source = new SourceText('t', text)
  return readYaml(source).faults.map(({ message, place }) => {
    const { line, column } = source.position(place?.start ?? -1)
    return `${line}:${column} ${message}`
  })
}

describe('section 1.6', () => {
  it.each([
    ['5_000', 5000],
    ['0123', 83],
    ['-0123', -83],
    ['0o17', 15],
    ['0x1F', 31],
    ['0b101', 5],
    ['+7', 7],
    ['0', 0],
    ['0128', 128],
    ['1e3', 1000],
    ['.5', 0.5],
    ['1_000.5', 1000.5],
    ['-1.5E-2', -0.015],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['.nan', Number.NaN],
    ['true', true],
    ['False', false],
    ['TRUE', true],
    ['yes', 'yes'],
    ['no', 'no'],
    ['on', 'on'],
    ['off', 'off'],
    ['~', null],
    ['Null', null],
    ['', null],
    ['2006-01-02', '2006-01-02'],
    ['2006-01-02T15:04:05Z', '2006-01-02T15:04:05Z'],
    ['1:30', '1:30'],
    ['_5', '_5'],
    ['1.2.3', '1.2.3'],
    ['0x', '0x'],
    ['"5"', '5'],
    ["'true'", 'true'],
    ['!!str 0123', '0123'],
    ['!!int "0x10"', 16],
    ['!!float 3', 3],
    ['!custom text', 'text'],
    ['|\n  a\n  b\n', 'a\nb\n'],
  ])('%j', (text, expected) => {
    expect(value(`k: ${text}`)).toEqual({ k: expected })
  })

  it('refuses a duplicate key', () => {
    expect(faults('a: 1\nb: 2\na: 3\n')).toEqual(['3:1 mapping key "a" already defined at line 1'])
    expect(faults('x: {a: , a: }')).toEqual(['1:10 mapping key "a" already defined at line 1'])
  })

  it('knows anchors, aliases and merge keys', () => {
    expect(value('a: &x {p: 1, q: 2}\nb: *x\nc:\n  <<: *x\n  q: 3\n  r: 4')).toEqual({
      a: { p: 1, q: 2 },
      b: { p: 1, q: 2 },
      c: { p: 1, q: 3, r: 4 },
    })
    expect(value('a: {<<: [{p: 1}, {p: 2, q: 2}]}')).toEqual({ a: { p: 1, q: 2 } })
    expect(value('a: &n name\nb: {*n : 1, "<<": 2}')).toEqual({ a: 'name', b: { name: 1, '<<': 2 } })
  })

  it('refuses unknown anchors, aliases to themselves and merges of other things', () => {
    expect(faults('a: *x')).toEqual(['1:4 unknown anchor "x" referenced'])
    expect(faults('a: &x [*x]')).toEqual(['1:8 alias "x" refers to itself'])
    expect(faults('a:\n  <<: 5')).toEqual(['2:7 map merge requires map or sequence of maps as the value'])
  })

  it('reads one document only', () => {
    expect(faults('a: 1\n---\nb: 2\n')).toEqual(['3:1 only one YAML document is allowed in a source'])
    expect(value('---\na: 1\n...\n')).toEqual({ a: 1 })
  })

  it('keeps to its flavour whatever a directive says', () => {
    expect(value('%YAML 1.1\n---\na: yes\nb: 0123\n')).toEqual({ a: 'yes', b: 83 })
  })

  it('takes numbers and booleans as keys by their spelling, and nothing else', () => {
    expect(value('0200: a\ntrue: b')).toEqual({ '0200': 'a', true: 'b' })
    expect(faults('? [a]\n: 1')).toEqual(['1:3 a map key must be text'])
    expect(faults('~: 1')).toEqual(['1:1 a map key must be text'])
  })

  it('has `__proto__` as an ordinary key of its own', () => {
    const result = value('__proto__: {a: 1}')

    expect(Object.keys(result as object)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(result)).toBeNull()
  })
})

describe('bounds', () => {
  it.each([
    ['lists', '['.repeat(300) + ']'.repeat(300)],
    ['very deep lists', '['.repeat(100_000)],
    ['very deep compact lists', '- '.repeat(50_000)],
    ['maps', '{a: '.repeat(300) + '}'.repeat(300)],
    [
      'anchors',
      Array.from({ length: 300 }, (_, i) => (i === 0 ? 'a0: &a0 x' : `a${i}: &a${i} [*a${i - 1}]`)).join(
        '\n',
      ),
    ],
  ])('refuses deep nesting: %s', (_, text) => {
    expect(faults(text)[0]).toContain(`nested deeper than ${yamlLimits.depth} levels`)
  })

  it('refuses alias bombs before they grow', () => {
    const bomb = Array.from({ length: 30 }, (_, i) =>
      i === 0 ? 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]' : `a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`,
    ).join('\n')
    const merges = `base: &b {${Array.from({ length: 2000 }, (_, i) => `k${i}: 1`).join(', ')}}\n${Array.from({ length: 2000 }, (_, i) => `m${i}: {<<: *b}`).join('\n')}`

    expect(faults(bomb)[0]).toContain('larger than')
    expect(faults(merges)[0]).toContain('larger than')
  })

  it('refuses huge documents without reading them', () => {
    expect(faults(`a: ${'x'.repeat(yamlLimits.characters)}`)[0]).toContain('larger than')
  })

  it('reports a bounded number of syntax errors', () => {
    expect(faults('a: }\n'.repeat(10_000)).length).toBeLessThanOrEqual(yamlLimits.faults)
  })

  it('reads many keys in little time', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `key${i}: ${i}`).join('\n')

    expect(Object.keys(value(text) as object)).toHaveLength(20_000)
  })

  it('reads many path keys in little time, or refuses them', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `top::key${i}: ${i}`).join('\n')

    expect(faults(text)[0]).toContain('larger than')
  })
})
