import { expect, it } from 'vitest'

import { base, faultsOf, load } from './load.ts'

const withId = (id: string): string => base.replace('  debug:', `  debug:\n  ${JSON.stringify(id)}:`)

it.each([
  ['debug/2', 'debug/2'],
  ['debug/中文', 'debug/中文'],
  ['debug/a/b', 'debug/a/b'],
  ['  debug  /  eu-1  ', 'debug/eu-1'],
])('CFG-20, CFG-21 accept %j', async (id, plain) => {
  const config = await load(withId(id))

  expect([...config.exporters.keys()]).toContain(plain)
})

it.each([
  ['', 'id must not be empty'],
  ['   ', 'id must not be empty'],
  ['/x', 'the part before / should not be empty'],
  ['debug/', 'the part after / should not be empty'],
  ['debug/   ', 'the part after / should not be empty'],
  ['debug/two words', 'invalid character(s) in name'],
  ['debug/a+b', 'invalid character(s) in name'],
  ['2debug', 'invalid character(s) in type'],
  ['o-tlp', 'invalid character(s) in type'],
])('CFG-20, CFG-21 refuse %j', async (id, message) => {
  const [issue] = await faultsOf(withId(id))

  expect(issue?.message).toContain(message)
  expect(issue?.line).toBe(8)
})

it('CFG-22 refuses keys that become equal after trimming', async () => {
  const text = base.replace('  debug:', '  debug/a:\n  "debug / a":\n  debug:')

  expect(await faultsOf(text)).toMatchObject([
    { code: 'duplicate_id', line: 8, path: ['exporters', 'debug / a'] },
  ])
})

it('finds the position of settings under an id with white space', async () => {
  const text = base.replace('  debug:', '  "debug / a": {int: x}\n  debug:')

  expect(await faultsOf(text)).toMatchObject([{ line: 7, column: 22 }])
})

it('CFG-24, vector 2: an alias works and gives one warning with both names', async () => {
  const text = base
    .replace('  debug:', '  otlphttp:\n  otlphttp/2:\n  otlp:')
    .replace('[debug]', '[otlphttp, otlphttp/2, otlp]')
  const config = await load(text)

  expect(config.exporters.get('otlphttp')?.type).toBe('otlp_http')
  expect(config.warnings.map(({ message, line }) => [message, line])).toEqual([
    ['"otlphttp" alias is deprecated; use "otlp_http" instead', 7],
    ['"otlp" alias is deprecated; use "otlp_grpc" instead', 9],
  ])
})
