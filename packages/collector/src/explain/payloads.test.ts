import { expect, it } from 'vitest'

import { payloadsOf } from './payloads.ts'

const read = (path: string, text: string): readonly (readonly [string, string])[] =>
  payloadsOf(path, Buffer.from(text)).map(({ name, body }) => [name, Buffer.from(body).toString()])

it('takes a file as it is, unless it has a payload in each line', () => {
  expect(read('a/b.json', '[\n1\n]\n')).toEqual([['b.json', '[\n1\n]\n']])
  expect(read('-', '{"a":\n1}')).toEqual([['standard input', '{"a":\n1}']])
  expect(read('b.txt', '{"a":1}\n\n{"b":2}\n')).toEqual([
    ['b.txt:1', '{"a":1}'],
    ['b.txt:3', '{"b":2}'],
  ])
  expect(read('b.ndjson', '[1]\r\n[2]')).toEqual([
    ['b.ndjson:1', '[1]'],
    ['b.ndjson:2', '[2]'],
  ])
})
