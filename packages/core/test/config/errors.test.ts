import { describe, expect, it } from 'vitest'

import { formatIssue, issuesToJson, renderIssues } from '../../src/index.ts'
import { base, faultsOf, linesOf, load } from './load.ts'

it('CFG-80, vector 12: three independent mistakes are three errors of one run', async () => {
  const text = base
    .replace('http:', 'htp:')
    .replace('debug:', 'debug: {int: x}')
    .replace('[debug]', '[bebug]')

  expect((await faultsOf(text)).map((issue) => issue.code)).toEqual([
    'unknown_key',
    'wrong_type',
    'unknown_reference',
  ])
})

it('CFG-81 writes paths with `::` and positions in lists as numbers', async () => {
  expect(await linesOf(base.replace('debug:', 'debug: {tags: [a, 5]}').replace('[otlp]', '[x]'))).toEqual([
    "7:21 exporters::debug::tags::1: 'tags.1' expected type 'string', got unconvertible type 'int'",
    '11:19 service::pipelines::traces: references receiver "x" which is not configured',
  ])
})

describe('CFG-82 positions', () => {
  it('are those of the source that won the merge', async () => {
    const faults = await faultsOf({
      files: {
        a: base.replace('debug:', 'debug: {int: x, text: 1}'),
        b: '\nexporters:\n  debug: {text: 2, bool: y}\n',
      },
      sets: ['exporters.debug.tags=7'],
      sources: ['a', 'b', 'env:EXTRA', 'yaml:{exporters: {debug: {oops: 1}}}'],
      env: { EXTRA: 'exporters::debug::timeout: x' },
    })

    expect(
      faults.map(({ source, line, column, path }) => `${source}:${line}:${column} ${String(path.at(-1))}`),
    ).toEqual([
      'a:7:16 int',
      'b:3:17 text',
      'b:3:26 bool',
      'env:EXTRA:1:28 timeout',
      'yaml::1:22 oops',
      '--set exporters.debug.tags=7:1:22 tags',
    ])
  })

  it('come with an excerpt and carets under the fault', async () => {
    const [issue] = await faultsOf(
      base.replace('    protocols:\n      http:', '    protocols: { http: , grcp: {} }'),
    )

    expect(issue?.frame).toBe(
      ['3 |   otlp:', '4 |     protocols: { http: , grcp: {} }', '  |                          ^^^^'].join(
        '\n',
      ),
    )
    expect(issue?.suggestion).toBe('grpc')
    expect(issue === undefined ? '' : formatIssue(issue)).toBe(
      "c.yaml:4:26: receivers::otlp::protocols::grcp: 'protocols' has invalid keys: grcp",
    )
  })

  it('are found in files with Windows line ends, tabs and a byte order mark', async () => {
    const text = `\uFEFF${base}`.replace('debug:', 'debug:\t{int:\tx}').replaceAll('\n', '\r\n')

    expect(await faultsOf(text)).toMatchObject([
      {
        line: 7,
        column: 16,
        frame: ['6 | exporters:', '7 |   debug: {int: x}', '  |                ^'].join('\n'),
      },
    ])
  })

  it('cut a window out of long lines', async () => {
    const [issue] = await faultsOf(
      base.replace('debug:', `debug: {text: "${'x'.repeat(5000)}", int: y, endpoint: ${'z'.repeat(500)}}`),
    )
    const lines = issue?.frame?.split('\n') ?? []

    expect(lines.every((line) => line.length < 130)).toBe(true)
    expect(lines.at(-2)?.[lines.at(-1)?.indexOf('^') ?? -1]).toBe('y')
  })

  it('point at the section where a setting is missing', async () => {
    const text = `${base}  telemetry: {metrics: {readers: [{periodic: {interval: 5}}, {pull: {}}]}}`

    expect((await load(text)).service.telemetry.metrics.readers).toHaveLength(2)
  })
})

it('CFG-83 gives objects for machines', async () => {
  expect(issuesToJson(await faultsOf(base.replace('http:', 'htp:')))).toEqual([
    {
      file: 'c.yaml',
      line: 5,
      column: 7,
      path: 'receivers::otlp::protocols::htp',
      code: 'unknown_key',
      message: "'protocols' has invalid keys: htp",
      suggestion: 'http',
    },
  ])
  expect(issuesToJson([{ code: 'empty', path: [], message: 'empty configuration file' }])).toEqual([
    { path: '', code: 'empty', message: 'empty configuration file' },
  ])
})

describe('renderIssues', () => {
  it('writes for people, without colours unless asked', async () => {
    const issues = await faultsOf(base.replace('http:', 'htp:').replace('debug:', 'debug: {timeout: 5}'))

    expect(renderIssues(issues, { color: false }))
      .toBe(`c.yaml:5:7: receivers::otlp::protocols::htp: 'protocols' has invalid keys: htp
  4 |     protocols:
  5 |       htp:
    |       ^^^
  Did you mean "http"?

c.yaml:7:20: exporters::debug::timeout: error decoding 'timeout': time: missing unit in duration "5"
  6 | exporters:
  7 |   debug: {timeout: 5}
    |                    ^
  Did you mean "5s"?`)
    expect(renderIssues(issues, { color: true })).toContain('\u001B[31m^^^\u001B[0m')
  })

  it('keeps escape codes of the file away from the terminal', async () => {
    const rendered = renderIssues(await faultsOf(base.replace('debug:', String.raw`debug: {"a\e[2Jb": 1}`)), {
      color: false,
    })

    expect(rendered).toContain(String.raw`\u001b[2J`)
    expect(rendered).not.toContain('\u001B')
  })
})

describe('settings that deserve a look', () => {
  it('are told with their position', async () => {
    const { warnings } = await load(base.replace('debug:', 'debug: {old: 5}'))

    expect(warnings).toMatchObject([
      {
        code: 'ignored_setting',
        message: 'old has no effect.',
        line: 7,
        column: 11,
        path: ['exporters', 'debug', 'old'],
      },
    ])
  })
})

it('takes a great many faults, with excerpts for the first of them', async () => {
  const faults = await faultsOf(base.replace('debug:', `debug: {tags: [${'5,'.repeat(150_000)}]}`))

  expect(faults).toHaveLength(150_000)
  expect(faults.filter((issue) => issue.frame !== undefined)).toHaveLength(100)
}, 30_000)

it('section 1.6, vector 11: published spellings', async () => {
  const text = base.replace('debug:', 'debug: {sending_queue: {queue_size: 5_000}, int: 0123}')

  expect((await load(text)).exporters.get('debug')?.config).toMatchObject({
    sending_queue: { queue_size: 5000 },
    int: 83,
  })
  expect(await linesOf(base.replace('debug:', 'debug: {bool: yes}'))).toEqual([
    "7:17 exporters::debug::bool: 'bool' expected type 'bool', got unconvertible type 'string'",
  ])
})

it('reports what a plugin cannot load as a fault of its component', async () => {
  const registry = {
    entries: [],
    find: () => ({
      kind: 'receiver' as const,
      type: 'otlp',
      stability: 'beta' as const,
      module: '@acme/broken',
      version: '1.0.0',
      load: () => Promise.reject(new Error('Cannot find package')),
    }),
  }

  expect((await faultsOf({ files: { c: base }, registry })).map((issue) => issue.message)).toContain(
    'cannot load the receiver "otlp" of @acme/broken: Cannot find package',
  )
})
