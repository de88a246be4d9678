import { expect, it } from 'vitest'

import { otherWords } from './other-words.ts'

it.each([
  ['words of other events come first', 'Failed', ['Started', 'Failed'], ['Started', 'Succeeded', 'Canceled']],
  ['a word keeps its letter case', 'SUCCESS', [], ['FAILURE', 'CANCELLED', 'SKIPPED']],
  ['what is no word has none', 'edbd5ddb-b206', ['order 7'], []],
  ['what nobody knows has those of other events only', 'blue', ['red', '#7'], ['red']],
])('%s', (_what, text, inSamePlace, others) => {
  expect(otherWords(text, inSamePlace).slice(0, 3)).toEqual(others)
})

it('gives a few at most', () => {
  const many = Array.from({ length: 26 }, (_, index) => `word ${String.fromCodePoint(97 + index)}`)
  expect(otherWords('failed', many)).toHaveLength(6)
})
