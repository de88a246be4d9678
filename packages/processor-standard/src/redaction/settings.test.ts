import { createComponent } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { redactionProcessor } from './redaction.ts'

const keep = { attribute: 'a', action: 'keep' }

it.each([
  [{}, 'without rules nothing is left'],
  [{ rules: [{ attribute: 'a', action: 'hash' }] }, 'a rule says hash, which needs a key'],
  [{ rules: [keep], key: 'short' }, 'the key has less than 16 bytes'],
  [{ rules: [{ ...keep, action: 'kept' }] }, 'action'],
  [{ rules: [{ ...keep, action: 'drop', values: ['x'] }] }, 'values and pattern belong to keep'],
  [{ rules: [{ ...keep, pattern: '(' }] }, 'Invalid regular expression'],
  [{ rules: [{ attribute: 'a', action: 'bucket' }] }, 'bucket needs rising bounds'],
  [{ rules: [{ attribute: 'a', action: 'bucket', bounds: [2, 1] }] }, 'bucket needs rising bounds'],
  [{ rules: [{ ...keep, bounds: [1] }] }, 'bounds belong to bucket'],
  [{ rules: [{ attribute: 'a', action: 'replace' }] }, 'replace needs with'],
  [{ rules: [keep], default: 'keep' }, 'default'],
  [{ preset: 'everything' }, 'preset'],
])('%j: %s', (config, message) => {
  expect(() => createComponent(redactionProcessor, config)).toThrow(message)
})

it('accepts the preset alone', () => {
  expect(() => createComponent(redactionProcessor, { preset: 'orchest-telemetry' })).not.toThrow()
})
