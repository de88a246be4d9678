import { expect, it } from 'vitest'

import { parseComponentId } from './component-id.ts'

it.each([
  ['otlp', 'otlp', ''],
  ['otlp/2', 'otlp', '2'],
  ['otlp/中文', 'otlp', '中文'],
  ['otlp/a/b', 'otlp', 'a/b'],
  ['  otlp  /  eu-1  ', 'otlp', 'eu-1'],
  ['otlp/a.b:c#d@e(f)_g', 'otlp', 'a.b:c#d@e(f)_g'],
])('CFG-20, CFG-21 split %j', (text, type, name) => {
  expect(parseComponentId(text)).toEqual({ type, name, id: name === '' ? type : `${type}/${name}` })
})

it.each([
  ['', 'id must not be empty'],
  ['   ', 'id must not be empty'],
  ['/x', 'the part before / should not be empty'],
  ['otlp/', 'the part after / should not be empty'],
  ['otlp/   ', 'the part after / should not be empty'],
  ['otlp/two words', 'invalid character(s) in name'],
  ['otlp/a+b', 'invalid character(s) in name'],
  ['otlp/a`b', 'invalid character(s) in name'],
  ['2otlp', 'invalid character(s) in type'],
  ['o-tlp', 'invalid character(s) in type'],
  [`o${'x'.repeat(63)}`, 'invalid character(s) in type'],
  [`otlp/${'ü'.repeat(513)}`, 'longer than 1024 bytes'],
])('CFG-21 refuses %j', (text, message) => {
  expect(parseComponentId(text)).toContain(message)
})
