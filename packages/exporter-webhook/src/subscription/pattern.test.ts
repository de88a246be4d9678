import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { compilePattern, isPattern } from './pattern.ts'

describe('compilePattern', () => {
  it.each([
    ['project:created', 'project:created', true],
    ['project:created', 'project:createdx', false],
    ['project:*', 'project:created', true],
    ['project:*', 'project:pipeline:created', false],
    ['project:*', 'project', false],
    ['project:**', 'project', true],
    ['project:**', 'project:pipeline:created', true],
    ['project:**:failed', 'project:cron-job:run:failed', true],
    ['project:**:failed', 'project:failed', true],
    ['project:**:failed', 'project:failed:not', false],
    ['project:**:pipeline-run:failed', 'project:one-off-job:pipeline-run:failed', true],
    ['project:**:pipeline-run:failed', 'project:cron-job:run:failed', false],
    ['**', 'anything at all', true],
    ['**:a:**', 'x:a:y', true],
    ['**:a:**', 'x:b:y', false],
    ['*:*', 'a:b', true],
    ['pro*', 'project', false],
    ['pro*', 'pro*', true],
  ])('%s matches %s: %s', (pattern, text, expected) => {
    expect(compilePattern(pattern)(text)).toBe(expected)
  })

  it('agrees with a regular expression', () => {
    const segment = fc.constantFrom('a', 'b', 'c')
    const wildcard = fc.constantFrom('a', 'b', '*', '**')
    fc.assert(
      fc.property(
        fc.array(wildcard, { minLength: 1, maxLength: 6 }),
        fc.array(segment, { minLength: 1, maxLength: 7 }),
        (pattern, text) => {
          const parts = pattern.map((part) =>
            part === '**' ? '(?:[^;]*;)*' : part === '*' ? '[^;]*;' : `${part};`,
          )
          const oracle = new RegExp(`^${parts.join('')}$`).test(`${text.join(';')};`)
          expect(compilePattern(pattern.join(':'))(text.join(':'))).toBe(oracle)
        },
      ),
    )
  })

  it('does not take long over hostile names', () => {
    const many = Array.from({ length: 40 }, () => '**:a').join(':')
    expect(compilePattern(`${many}:b`)(Array.from({ length: 20_000 }, () => 'a').join(':'))).toBe(false)
  })
})

it('knows a pattern', () => {
  expect([isPattern('a:*'), isPattern('**'), isPattern('a:b*')]).toEqual([true, true, false])
})
