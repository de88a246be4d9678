import { double, span, type SpanInit, Traces } from '@spanloom/core'
import { spanArbitrary } from '@spanloom/core/testing/arbitraries'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { compileNamePattern } from './name-pattern.ts'
import { type AttributeFate, createRedactor, type RedactionOptions } from './redactor.ts'
import type { RedactionRule } from './rule.ts'

const base: RedactionOptions = {
  rules: [],
  preset: undefined,
  key: 'k'.repeat(16),
  maxString: 256,
  allowNames: [],
  eventTypes: [],
  roundTimesMs: 0,
  maxErrors: 10,
}
const ids = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
const spanOf = (init: Partial<SpanInit>): Traces =>
  Traces.of([span({ ...ids, name: 'pipeline run', ...init })])

function redacted(
  rules: readonly RedactionRule[],
  attributes: SpanInit['attributes'],
  more: Partial<RedactionOptions> = {},
) {
  const traces = createRedactor({ ...base, rules, ...more }).redact(
    spanOf(attributes === undefined ? {} : { attributes }),
  )
  return [...traces.spans()].map((each) => ({ ...each.attributes }))
}

describe('name patterns', () => {
  it.each([
    ['a.b', 'a.b', true],
    ['a.*', 'a.b', true],
    ['a.*', 'a.b.c', false],
    ['a.**', 'a.b.c', true],
    ['a.*.c', 'a.b.c', true],
    ['a.*.c', 'a..c', true],
    ['**', '', true],
    ['a+b', 'aab', false],
    ['a.b*', 'a.bcd', true],
    ['**', 'x'.repeat(513), false],
  ])('%s matches %s: %s', (pattern, name, expected) => {
    expect(compileNamePattern(pattern)(name)).toBe(expected)
  })
})

describe('name patterns of any kind', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 })
  const parts = fc.array(fc.constantFrom('a', 'b', '.', '*', '**'), { maxLength: 8 })

  it('match as the regular expression would that they stand for', () => {
    fc.assert(
      fc.property(parts, letters, (pattern, name) => {
        const source = pattern.join('').split(/(\*\*|\*)/)
        const form = source.map((part) =>
          part === '**' ? '.*' : part === '*' ? '[^.]*' : part.replaceAll('.', String.raw`\.`),
        )
        expect(compileNamePattern(pattern.join(''))(name)).toBe(new RegExp(`^${form.join('')}$`).test(name))
      }),
      { numRuns: 2_000 },
    )
  })

  it('take no more time for a hostile name', () => {
    const matches = compileNamePattern(`${'**.a'.repeat(6)}.end`)
    const begun = performance.now()
    expect(matches('.a'.repeat(256))).toBe(false)
    expect(performance.now() - begun).toBeLessThan(1_000)
  })
})

describe('actions', () => {
  it('drop what no rule matches, with its name', () => {
    expect(redacted([{ attribute: 'a', action: 'keep' }], { a: 1, b: 2, 'a.c': 3 })).toEqual([{ a: 1 }])
  })

  it('the first rule that matches decides', () => {
    const rules: readonly RedactionRule[] = [
      { attribute: 'a.secret', action: 'drop' },
      { attribute: 'a.*', action: 'keep' },
    ]
    expect(redacted(rules, { 'a.secret': 1, 'a.open': 2 })).toEqual([{ 'a.open': 2 }])
  })

  it('keep only listed or matching values, of lists those that do', () => {
    const values = { attribute: 'a', action: 'keep', values: ['x', 1] } as const
    expect(redacted([values], { a: 'x' })).toEqual([{ a: 'x' }])
    expect(redacted([values], { a: 'y' })).toEqual([{}])
    expect(redacted([values], { a: ['y', 'x', 1] })).toEqual([{ a: ['x', 1] }])
    expect(redacted([values], { a: ['y'] })).toEqual([{}])
    const pattern = { attribute: 'a', action: 'keep', pattern: '^/[a-z]*$' } as const
    expect(redacted([pattern], { a: '/jobs' })).toEqual([{ a: '/jobs' }])
    expect(redacted([pattern], { a: '/jobs?x' })).toEqual([{}])
    expect(redacted([pattern], { a: 1 })).toEqual([{}])
  })

  it('cut long texts, also inside, and drop bytes', () => {
    const rule = { attribute: '*', action: 'keep' } as const
    expect(redacted([rule], { a: 'xyz', b: ['abc', 'd'], c: { d: 'abc' } }, { maxString: 2 })).toEqual([
      { a: 'xy', b: ['ab', 'd'], c: { d: 'ab' } },
    ])
    expect(
      redacted([rule], { a: Buffer.from('x'), b: [Buffer.from('x')], c: { d: Buffer.from('x') } }),
    ).toEqual([{}])
  })

  it('hash with the key, lists element by element', () => {
    const rule = { attribute: 'a', action: 'hash' } as const
    const [one] = redacted([rule], { a: 'churn-model' })
    expect(one?.['a']).toMatch(/^h:[0-9a-f]{16}$/)
    expect(redacted([rule], { a: 'churn-model' }, { key: 'other key of 16 B' })[0]).not.toEqual(one)
    expect(redacted([rule], { a: ['churn-model', 1] })[0]?.['a']).toEqual([
      one?.['a'],
      expect.stringMatching(/^h:/),
    ])
  })

  it.each([
    ['length', {}, 'żółw', { 'a.length': 4 }],
    ['length', {}, 1, {}],
    ['count', {}, ['x', 'y'], { a_count: 2 }],
    ['count', {}, '{"x":1,"y":2,"z":3}', { a_count: 3 }],
    ['count', {}, { x: 1 }, { a_count: 1 }],
    ['count', {}, 'text', {}],
    ['extension', {}, 'src/Train.PY', { a: '.py' }],
    ['extension', {}, 'secret.customername', { a: 'other' }],
    ['bucket', { bounds: [0, 10, 100] }, 57, { a: 10 }],
    ['bucket', { bounds: [0, 10, 100] }, double(100), { a: 100 }],
    ['bucket', { bounds: [0, 10, 100] }, -1, {}],
    ['bucket', { bounds: [0] }, 'x', {}],
    ['replace', { with: 'someone' }, 'Anna', { a: 'someone' }],
  ] as const)('%s %j of %j', (action, more, value, expected) => {
    expect(redacted([{ attribute: 'a', action, ...more }], { a: value as never })).toEqual([expected])
  })
})

describe('fail-closed', () => {
  it('a span with too many attributes that no rule could deal with goes as a whole', () => {
    const attributes = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`a${at}`, at]))
    const rules = [{ attribute: 'a*', action: 'length' }] as const
    expect(redacted(rules, attributes)).toEqual([])
    expect(redacted(rules, attributes, { maxErrors: 12 })).toEqual([{}])
  })

  it('names and messages stay only when they are known or allowed', () => {
    const init: Partial<SpanInit> = {
      name: 'Anna’s run',
      status: { code: 'ERROR', message: 'project:one-off-job:pipeline-run:failed' },
      traceState: 'vendor=anna',
      events: [
        { time: 1n, name: 'ready' },
        { time: 1n, name: 'anna typed this' },
      ],
    }
    const [one] = createRedactor(base).redact(spanOf(init)).spans()
    expect(one).toMatchObject({
      name: 'redacted',
      traceState: '',
      status: { message: 'project:one-off-job:pipeline-run:failed' },
      events: [{ name: 'ready' }, { name: 'redacted' }],
    })
    const [other] = createRedactor({ ...base, allowNames: ['Anna**'] })
      .redact(spanOf(init))
      .spans()
    expect(other?.name).toBe('Anna’s run')
  })

  it('ids and times stay; times are rounded when that is wanted', () => {
    const times = { startTime: 1_234_567_890n, endTime: 2_345_678_901n, parentSpanId: '7b9a3d3c4e2f1a90' }
    const [one] = createRedactor(base).redact(spanOf(times)).spans()
    expect(one).toMatchObject({ ...ids, parentSpanId: times.parentSpanId, startTimeUnixNano: 1_234_567_890n })
    const [rounded] = createRedactor({ ...base, roundTimesMs: 1_000 })
      .redact(spanOf(times))
      .spans()
    expect(rounded).toMatchObject({ startTimeUnixNano: 1_000_000_000n, endTimeUnixNano: 2_000_000_000n })
  })

  it('a rule that cannot work does not get as far as a span', () => {
    expect(() =>
      createRedactor({ ...base, key: undefined, rules: [{ attribute: 'a', action: 'hash' }] }),
    ).toThrow('key')
    expect(() =>
      createRedactor({ ...base, rules: [{ attribute: 'a', action: 'keep', pattern: '(' }] }),
    ).toThrow('Invalid regular expression')
  })
})

describe('canaries', () => {
  const canary = 'CANARY'
  const planted = spanArbitrary().map((each) => {
    const attributes = {
      [`${canary}.key`]: 1,
      note: canary,
      list: [canary],
      map: { [canary]: canary },
      kept: 'fine',
    }
    return each.with({
      name: `${canary} name`,
      traceState: `a=${canary}`,
      status: { code: 'ERROR', message: canary },
      attributes,
      addEvents: [{ time: 1n, name: canary, attributes }],
      addLinks: [{ ...ids, traceState: `a=${canary}`, attributes }],
    })
  })

  it('never come out, whatever carries them', () => {
    const rules: readonly RedactionRule[] = [
      { attribute: 'kept', action: 'keep' },
      { attribute: 'note', action: 'hash' },
      { attribute: 'list', action: 'count' },
    ]
    for (const preset of [undefined, 'orchest-telemetry'] as const) {
      const redactor = createRedactor({ ...base, rules, preset })
      fc.assert(
        fc.property(planted, (each) => {
          const out = Buffer.from(redactor.redact(Traces.of([each])).toProtobuf()).toString('latin1')
          expect(out).not.toContain(canary)
        }),
      )
    }
  })
})

it('tells what became of every attribute', () => {
  const rules: readonly RedactionRule[] = [
    { attribute: 'a', action: 'keep' },
    { attribute: 'b', action: 'count' },
    { attribute: 'c', action: 'length' },
  ]
  const fates: AttributeFate[] = []
  const traces = spanOf({ attributes: { a: 1, b: ['x'], c: 1, d: 1 }, resource: { a: 'r' } })
  createRedactor({ ...base, rules }).redact(traces, (fate) => fates.push(fate))
  expect(fates).toEqual([
    { where: 'span', name: 'a', rule: 'a', fate: 'kept' },
    { where: 'span', name: 'b', rule: 'b', fate: 'changed', became: 'b_count' },
    { where: 'span', name: 'c', rule: 'c', fate: 'error' },
    { where: 'span', name: 'd', fate: 'dropped' },
    { where: 'resource', name: 'a', rule: 'a', fate: 'kept' },
  ])
})
