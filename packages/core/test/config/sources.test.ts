import { describe, expect, it } from 'vitest'

import { fetchSource } from '../../src/index.ts'
import { base, faultsOf, linesOf, load } from './load.ts'

type Settings = { readonly [name: string]: unknown }

async function exporterOf(setup: Parameters<typeof load>[0], id = 'debug'): Promise<unknown> {
  return (await load(setup)).exporters.get(id)?.config
}

describe('CFG-30 to CFG-33', () => {
  it('CFG-30 takes a null body as all defaults', async () => {
    expect(await exporterOf(base)).toEqual(await exporterOf(base.replace('debug:', 'debug: {}')))
  })

  it('CFG-31, vector 3: an empty list replaces the default', async () => {
    expect(await exporterOf(base.replace('debug:', 'debug: {tags: []}'))).toMatchObject({ tags: [] })
  })

  it('CFG-32, vector 4: HTTP on 4318, gRPC off', async () => {
    const { receivers } = await load(base)

    expect(receivers.get('otlp')?.config).toEqual({ protocols: { http: { endpoint: 'localhost:4318' } } })
  })

  it('CFG-33 lets `enabled: false` switch a section off', async () => {
    const config = await exporterOf(
      base.replace('debug:', 'debug: {sending_queue: {enabled: false, queue_size: 5}}'),
    )

    expect((config as Settings)['sending_queue']).toBeUndefined()
  })
})

describe('CFG-40 order', () => {
  it('lets later sources win and --set come last', async () => {
    const config = await exporterOf({
      files: { a: base, b: 'exporters: {debug: {int: 2, text: two}}', c: 'exporters: {debug: {int: 3}}' },
      sets: ['exporters.debug.text=four'],
    })

    expect(config).toMatchObject({ int: 3, text: 'four' })
  })

  it('needs at least one source', async () => {
    expect(await faultsOf({ sets: ['a=1'], sources: [] })).toMatchObject([
      { message: 'at least one config flag must be provided' },
    ])
  })
})

describe('CFG-41 forms', () => {
  it.each(['dir/c.yaml', 'file:dir/c.yaml'])('reads a file: %s', async (source) => {
    const config = await load({ sources: [source], files: { 'dir/c.yaml': base } })

    expect(config.sources).toEqual(['dir/c.yaml'])
  })

  it('takes a drive letter as a file', async () => {
    await expect(
      load({ sources: [String.raw`C:\c.yaml`], files: { [String.raw`C:\c.yaml`]: base } }),
    ).resolves.toBeDefined()
  })

  it('reads a document from a variable, inline and from a server', async () => {
    const config = await load({
      sources: ['env:DOC', 'yaml:exporters::debug::int: 5', 'https://config.example/x'],
      env: { DOC: base },
      fetch: (url) => Promise.resolve(`exporters: {debug: {text: "${url}"}}`),
    })

    expect(config.exporters.get('debug')?.config).toMatchObject({ int: 5, text: 'https://config.example/x' })
    expect(config.sources).toEqual([])
  })

  it('refuses other schemes and what cannot be read, all in one run', async () => {
    const faults = await faultsOf({
      sources: ['s3://bucket/key', 'missing.yaml', 'http://user:pw@h/c?token=t', 'file:latin'],
      files: {},
      fetch: () => Promise.reject(new Error('http://user:pw@h/c?token=t is down')),
    })

    expect(faults.map((issue) => issue.message)).toEqual([
      'unsupported scheme on URI "s3://bucket/key"',
      'unable to read the file file:missing.yaml: no such file or directory',
      'unable to fetch http://h/c?token=[REDACTED]: http://h/c?token=[REDACTED] is down',
      'unable to read the file file:latin: no such file or directory',
    ])
  })
})

describe('CFG-42 merging', () => {
  it('joins maps at every depth and replaces lists', async () => {
    const config = await exporterOf({
      files: {
        a: base.replace(
          'debug:',
          'debug: {headers: {a: "1", b: "2"}, tags: [x, y], sending_queue: {queue_size: 5}}',
        ),
        b: 'exporters: {debug: {headers: {b: "3"}, tags: [z], sending_queue: {storage: }}}',
      },
    })

    expect(config).toMatchObject({
      headers: { a: '1', b: '3' },
      tags: ['z'],
      sending_queue: { queue_size: 5 },
    })
  })

  it('vector 5: a null erases what was there and is told', async () => {
    const a = `${base}processors: {batch: }`.replace('[otlp]', '[otlp]\n      processors: [batch]')

    expect(await faultsOf({ files: { a, b: 'processors:\n' } })).toMatchObject([
      { message: 'references processor "batch" which is not configured', source: 'a', line: 12 },
    ])
    const { warnings } = await load({
      files: { a: `${base}processors: {batch: , filter: }`, b: 'processors:\n' },
    })
    expect(warnings).toMatchObject([
      {
        code: 'null_erases_map',
        message: 'null erases the 2 settings that a gives here',
        source: 'b',
        line: 1,
      },
    ])
  })

  it('a null over an empty map is not worth a warning', async () => {
    expect((await load({ files: { a: `${base}processors: {}`, b: 'processors:\n' } })).warnings).toEqual([])
  })
})

describe('CFG-43 path keys', () => {
  it('vector 6: equal the nested form', async () => {
    const config = await exporterOf({
      sources: ['c', 'yaml:exporters::debug::timeout: 2s'],
      files: { c: base },
    })

    expect(config).toMatchObject({ timeout: 2000 })
  })

  it('add up within one source, in any order', async () => {
    const text = `exporters::debug::int: 5\n${base.replace('debug:', 'debug::bool: false')}exporters::debug::headers::x: y\n`

    expect(await exporterOf(text)).toMatchObject({ int: 5, bool: false, headers: { x: 'y' } })
  })

  it('clash like plain keys', async () => {
    const lines = await linesOf('a::b: 1\na: {b: 2}\n::1: x\na::b: 3')

    expect(lines.filter((line) => line.includes('already defined'))).toEqual([
      '2:1 : mapping key "a" already defined at line 1',
      '4:1 : mapping key "a::b" already defined at line 1',
    ])
  })
})

describe('CFG-44 --set', () => {
  it('vector 7: sets one setting', async () => {
    const setup = {
      files: { c: base.replaceAll('debug', 'otlp_http/eu') },
      sets: ['exporters.otlp_http/eu.timeout=2s'],
    }

    expect(await exporterOf(setup, 'otlp_http/eu')).toMatchObject({ timeout: 2000 })
  })

  it('parses YAML, joins maps and replaces lists', async () => {
    const config = await exporterOf({
      files: { c: base.replace('debug:', 'debug: {headers: {a: "1"}}') },
      sets: [
        'exporters.debug.headers={b: "2"}',
        'exporters.debug.tags=[q]',
        'exporters.debug.text=a=b',
        'exporters.debug.endpoint=',
      ],
    })

    expect(config).toMatchObject({ headers: { a: '1', b: '2' }, tags: ['q'], text: 'a=b' })
  })

  it('needs an equal sign and a path', async () => {
    expect(await faultsOf({ files: { c: base }, sets: ['exporters.debug', '.a=1', 'a=['] })).toMatchObject([
      { message: 'missing equal sign in --set', source: '--set exporters.debug', line: 1 },
      { message: '--set needs a key in each part of ".a"' },
      { code: 'invalid_yaml', source: '--set a=[', line: 1, column: 4 },
    ])
  })
})

describe('CFG-46 http sources', () => {
  const answer =
    (status: number, body = 'a: 1') =>
    () =>
      Promise.resolve(new Response(body, { status }))

  it('needs status 200', async () => {
    await expect(fetchSource('http://h/', answer(200))).resolves.toBe('a: 1')
    await expect(fetchSource('http://u:p@h/?key=k', answer(404))).rejects.toThrow(
      'http://h/?key=[REDACTED] answered with status 404',
    )
    await expect(fetchSource('http://h/', answer(201))).rejects.toThrow('answered with status 201')
  })

  it('bounds the size', async () => {
    await expect(fetchSource('http://h/', answer(200, 'x'.repeat(5_000_000)))).rejects.toThrow('larger than')
  })
})

describe('CFG-47 top level', () => {
  it('lets an empty source contribute nothing', async () => {
    await expect(
      load({ sources: ['e', 'c', 'env:NONE', 'yaml:'], files: { c: base, e: '# nothing' } }),
    ).resolves.toBeDefined()
  })

  it.each([
    ['[1]', "a source must be a map at the top level, got 'list'"],
    ['text', "a source must be a map at the top level, got 'string'"],
    ['5', "a source must be a map at the top level, got 'number'"],
  ])('refuses %j', async (text, message) => {
    expect(await faultsOf(text)).toMatchObject([{ message, line: 1, column: 1 }])
  })
})
