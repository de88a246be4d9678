import { expect, it } from 'vitest'

import { compilePattern } from './pattern.ts'

it('takes named groups in the form of RE2', () => {
  expect(compilePattern('^/api/(?P<version>v\\d+)/').exec('/api/v2/x')?.groups?.['version']).toBe('v2')
})

it('takes leading flags', () => {
  expect(compilePattern('(?i)ERROR').test('an error')).toBe(true)
})

it('says what is wrong with a broken expression', () => {
  expect(() => compilePattern('a(')).toThrow(SyntaxError)
})
