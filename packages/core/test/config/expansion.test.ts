import { describe, expect, it } from 'vitest'

import type { LoadOptions } from '../../src/index.ts'
import { base, faultsOf, load } from './load.ts'

type Settings = { readonly [name: string]: unknown }

/** Settings of the exporter when its body is `settings`. */
async function settings(
  text: string,
  env: LoadOptions['env'] = {},
  files: Record<string, string> = {},
): Promise<Settings> {
  const config = await load({
    env,
    files: { ...files, 'c.yaml': base.replace('debug:', () => `debug: {${text}}`) },
    sources: ['c.yaml'],
    fetch: (url) => Promise.resolve(`fetched ${url}`),
  })
  return config.exporters.get('debug')?.config as Settings
}

async function messages(text: string, env: LoadOptions['env'] = {}): Promise<readonly string[]> {
  const faults = await faultsOf({
    env,
    files: { 'c.yaml': base.replace('debug:', () => `debug: {${text}}`) },
  })
  return faults.map((issue) => issue.message)
}

/** Value of the field that is `${env:ENV}`, or the message about it; nothing where the table says nothing. */
async function outcomes(field: string, count: number, env: LoadOptions['env']): Promise<readonly unknown[]> {
  const body = `${field}: "\${env:ENV}"`
  const outcome = settings(body, env).then(
    (result) => result[field],
    async () => (await messages(body, env)).join('\n'),
  )
  return count === 0 ? [] : [await outcome]
}

describe('the table of section 1.5 (vector 10)', () => {
  const intError = "'int' expected type 'int', got unconvertible type 'string'"
  const boolError = (got: string): string => `'bool' expected type 'bool', got unconvertible type '${got}'`

  it.each([
    ['123', 123, '123', undefined, 'a 123 b'],
    ['0123', 83, '0123', undefined, 'a 0123 b'],
    ['0xdeadbeef', 3_735_928_559, '0xdeadbeef', undefined, 'a 0xdeadbeef b'],
    ['"0123"', intError, '"0123"', undefined, 'a "0123" b'],
    ['!!str 0123', undefined, '!!str 0123', undefined, 'a !!str 0123 b'],
    ['true', "'int' expected type 'int', got unconvertible type 'bool'", 'true', true, 'a true b'],
    ['t', undefined, 't', boolError('string'), 'a t b'],
    ['23', 23, '23', boolError('int'), 'a 23 b'],
    ['[a,b]', undefined, '[a,b]', undefined, 'a [a,b] b'],
    ['["a",', undefined, '["a",', undefined, 'a ["a", b'],
    ['$$X', undefined, '$X', undefined, 'a $X b'],
    ['$${X}', undefined, '${X}', undefined, 'a ${X} b'],
    [undefined, 0, '', false, 'a  b'],
  ] as const)('%j', async (ENV, int, text, bool, inside) => {
    const env = { ENV }

    const cases = [
      ['int', int],
      ['text', text],
      ['bool', bool],
    ] as const
    for (const [field, expected] of cases) {
      const wanted = expected === undefined ? [] : [expected]
      expect(await outcomes(field, wanted.length, env)).toEqual(wanted)
    }
    expect((await settings('text: "a ${env:ENV} b"', env))['text']).toBe(inside)
  })

  it('[a,b] in a list field is two items', async () => {
    expect(await settings('tags: "${env:ENV}"', { ENV: '[a,b]' })).toMatchObject({ tags: ['a', 'b'] })
  })
})

it('CFG-45 expands after merging, so that a default of an early source meets a later value', async () => {
  const config = await load({
    files: {
      a: base.replace('debug:', 'debug: {text: "${env:NO}"}'),
      b: 'exporters: {debug: {text: "${env:YES}"}}',
    },
    env: { YES: 'y' },
    strictEnv: true,
  })

  expect(config.exporters.get('debug')?.config).toMatchObject({ text: 'y' })
})

it('CFG-50 knows env with and without name, file, yaml, http and https, but no bare $NAME', async () => {
  const result = await settings(
    'text: "${A}${env:A}", endpoint: "$A ${http://h/x} ${https://h/y}", any: ["${file:f}", "${yaml:a: 5}"]',
    { A: 'x' },
    { f: 'n: 1\n' },
  )

  expect(result).toMatchObject({
    text: 'xx',
    endpoint: '$A fetched http://h/x fetched https://h/y',
    any: [{ n: 1 }, { a: 5 }],
  })
})

it('CFG-50 refuses unknown schemes', async () => {
  expect(await messages('text: "${vault:x}"')).toEqual(['unsupported scheme on URI "vault:x"'])
})

it('CFG-51 checks the names of variables', async () => {
  expect(await messages('text: "${1}", any: "${env:a-b}", endpoint: "${}"')).toEqual([
    'environment variable "1" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$',
    'environment variable "a-b" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$',
    'environment variable "" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$',
  ])
})

it('CFG-52, vector 8: the default counts for unset variables only', async () => {
  expect(
    await settings('text: "${env:X:-d}", endpoint: "${Y:-d:-e}", token: "${env:Y:-}", int: "${Y:-12}"', {
      X: '',
    }),
  ).toMatchObject({ text: '', endpoint: 'd:-e', token: '', int: 12 })
})

describe('CFG-53', () => {
  it('warns of unset variables and mentions empty ones', async () => {
    const text = base.replace('debug:', 'debug: {text: "${env:NOPE}", any: ["${EMPTY}", "x${NOPE}"]}')
    const { warnings, notices } = await load({ env: { EMPTY: '', NOPES: '1' }, files: { c: text } })

    expect(warnings).toMatchObject([
      {
        message: 'Configuration references unset environment variable "NOPE"',
        path: ['exporters', 'debug', 'text'],
        line: 7,
        suggestion: 'NOPES',
      },
      { path: ['exporters', 'debug', 'any', 1] },
    ])
    expect(notices).toMatchObject([
      { message: 'Configuration references empty environment variable "EMPTY"' },
    ])
  })

  it('strictEnv makes unset variables errors, all in one run', async () => {
    const text = base.replace('debug:', 'debug: {text: "${env:A}", any: "${B} ${C:-x}", int: x}')

    expect((await faultsOf({ files: { c: text }, strictEnv: true })).map((issue) => issue.message)).toEqual([
      'Configuration references unset environment variable "A"',
      'Configuration references unset environment variable "B"',
      "'int' expected type 'int', got unconvertible type 'string'",
    ])
  })
})

it('CFG-54, vector 9: doubled dollars', async () => {
  const result = await settings('any: [a$$b, "$${X}", $X, "$$$${X}", "$$$$${X}", $$, "$${X} ${X}"]', {
    X: 'v',
  })

  expect(result['any']).toEqual(['a$b', '${X}', '$X', '$${X}', '$$v', '$', '${X} v'])
})

it('CFG-55 lets a whole value be of any type', async () => {
  expect(
    await settings('headers: "${H}", sending_queue: "${Q}"', { H: '{a: "1"}', Q: 'queue_size: 5' }),
  ).toMatchObject({
    headers: { a: '1' },
    sending_queue: { queue_size: 5 },
  })
})

it('CFG-55 takes whole sections from files and knows positions inside them', async () => {
  const files = {
    c: base.replace('exporters:\n  debug:', 'exporters: ${file:parts/e.yaml}'),
    'parts/e.yaml': '\ndebug:\n  int: x\n',
  }

  expect(await faultsOf({ files, sources: ['c'] })).toMatchObject([
    { source: 'parts/e.yaml', line: 3, column: 8 },
  ])
  const config = await load({ files: { ...files, 'parts/e.yaml': 'debug:\n' }, sources: ['c'] })
  expect(config.sources).toEqual(['c', 'parts/e.yaml'])
})

it('points at the reference when the value of a variable is at fault', async () => {
  const text = base.replace('debug:', 'debug: {int: "${env:N}", sending_queue: "${env:Q}"}')

  expect(await faultsOf({ files: { c: text }, env: { N: 'hunter2', Q: '{queue_size: 0}' } })).toMatchObject([
    { line: 7, column: 16, frame: expect.not.stringContaining('hunter2') },
    {
      line: 7,
      path: ['exporters', 'debug', 'sending_queue', 'queue_size'],
      message: expect.stringContaining('at least 1'),
    },
  ])
})

it('CFG-56 inserts raw text', async () => {
  expect(await settings('text: "<${N}>"', { N: '0x10' })).toMatchObject({ text: '<0x10>' })
})

describe('CFG-57 nesting', () => {
  it('resolves inside out', async () => {
    const env = { WHICH: 'TARGET', TARGET: 'hit', LIST: '["${TARGET}", x]' }

    expect(
      await settings('text: "${env:${env:WHICH}}", endpoint: "${NO:-${env:TARGET}}", tags: "${LIST}"', env),
    ).toMatchObject({ text: 'hit', endpoint: 'hit', tags: ['hit', 'x'] })
    expect(await settings('text: "${LIST}"', env)).toMatchObject({ text: '["hit", x]' })
  })

  it.each([
    ['itself', { X: '${env:X}' }],
    ['itself inside text', { X: 'a ${X}' }],
    ['itself inside a list', { X: '[1, "${X}"]' }],
    ['itself twice', { X: '["${X}", "${X}"]' }],
    ['itself twice in text', { X: '${X}-${X}' }],
    [
      'a chain that doubles',
      Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [i === 0 ? 'X' : `X${i}`, `\${X${i + 1}}\${X${i + 1}}`]),
      ),
    ],
  ])('gives up on a variable that refers to %s', async (_, env) => {
    expect(await messages('text: "${X}"', env)).toContain('too many recursive expansions')
  })
})

it('CFG-58 expands no keys', async () => {
  expect(await settings('headers: {"${A}": "${A}"}', { A: 'x' })).toMatchObject({ headers: { '${A}': 'x' } })
})

it('CFG-59 strips one line break at the end of a file', async () => {
  const files = { unix: 'secret\n', dos: 'secret\r\n', two: 'secret\n\n', none: 'secret' }
  const result = await settings(
    'any: ["${file:unix}", "${file:dos}", "${file:two}", "${file:none}"]',
    {},
    files,
  )

  expect(result['any']).toEqual(['secret', 'secret', 'secret\n', 'secret'])
})

it('tells which file a reference cannot read, and nothing that follows from it', async () => {
  expect(await messages('int: "${file:gone}"')).toEqual([
    'unable to read the file file:gone: no such file or directory',
  ])
})

it('does not call a setting missing whose value could not be expanded', async () => {
  const otlp = '{headers: [{name: "${1}", value: x}]}'
  const text = `${base}  telemetry: {traces: {processors: [{simple: {exporter: {otlp: ${otlp}}}}]}}`

  expect((await faultsOf(text)).map((issue) => issue.code)).toEqual(['invalid_variable_name'])
})

it('refuses a dollar inside a reference', async () => {
  expect(await messages('text: "${env:A$B}"')).toEqual([
    `the uri "env:A$B" contains unsupported characters ('$')`,
  ])
})
