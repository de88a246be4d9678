import { describe, expect, expectTypeOf, it } from 'vitest'

import { ConfigError } from '../errors/config-error.ts'
import { checkConfig } from './check-config.ts'
import { Expanded } from './expanded.ts'
import { parseConfig } from './parse-config.ts'
import type { ObjectSchema } from './schema.ts'

const clientSchema = {
  type: 'object',
  properties: {
    endpoint: { type: 'string', default: 'localhost:4317', format: 'endpoint' },
    timeout: { type: 'string', format: 'duration', default: '5s', minimumMs: 0 },
    workers: { type: 'integer', minimum: 1, default: 10 },
    ratio: { type: 'number', default: 0.5, maximum: 1 },
    insecure: { type: 'boolean', default: false },
    level: { type: 'string', enum: ['basic', 'detailed'], ignoreCase: true, default: 'basic' },
    tags: { type: 'array', items: { type: 'string' }, commaSeparated: true, default: ['a', 'b'] },
    headers: { type: 'object', additionalProperties: { type: 'string', secret: true } },
    token: { type: 'string', secret: true },
    storage: { type: 'string', reference: 'extension' },
    old: { type: 'string', deprecated: 'Use new instead.' },
    useless: { type: 'integer', ignored: 'Has no effect here.' },
    extra: { any: true },
    keep: { type: 'object', properties: { alive: { type: 'boolean', default: true } } },
    queue: { type: 'object', section: 'on', properties: { size: { type: 'integer', default: 1000 } } },
    batch: {
      type: 'object',
      section: 'ready',
      properties: { wait: { type: 'string', format: 'duration', default: '200ms' } },
    },
    tls: { type: 'object', section: 'bare', properties: { file: { type: 'string' } } },
    names: {
      anyOf: [
        { type: 'object', additionalProperties: { type: 'string', secret: true } },
        {
          type: 'array',
          items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
        },
      ],
    },
  },
} as const satisfies ObjectSchema

const parse = (value: unknown) => parseConfig(clientSchema, value)
const issues = (value: unknown) => checkConfig(clientSchema, value, ['exporters', 'x']).issues

function messages(value: unknown): readonly string[] {
  return issues(value).map(({ path, message }) => `${path.join('::')}: ${message}`)
}

describe('defaults', () => {
  it('CFG-30 takes null as all defaults', () => {
    expect(parse(null)).toEqual(parse({}))
    expect(parse(undefined)).toEqual({
      endpoint: 'localhost:4317',
      timeout: 5000,
      workers: 10,
      ratio: 0.5,
      insecure: false,
      level: 'basic',
      tags: ['a', 'b'],
      keep: { alive: true },
      queue: { size: 1000 },
    })
  })

  it('CFG-31 replaces lists completely, also by an empty one, and keeps the default for null', () => {
    expect(parse({ tags: [] }).tags).toEqual([])
    expect(parse({ tags: ['c'] }).tags).toEqual(['c'])
    expect(parse({ tags: null }).tags).toEqual(['a', 'b'])
  })

  it('CFG-31 merges maps with their defaults key by key', () => {
    const schema = {
      type: 'object',
      properties: {
        m: { type: 'object', additionalProperties: { type: 'string' }, default: { a: '1', b: '2' } },
      },
    } as const

    expect(parseConfig(schema, { m: { b: '3' } }).m).toEqual({ a: '1', b: '3' })
    expect(parseConfig(schema, { m: null }).m).toEqual({ a: '1', b: '2' })
  })

  it('gives the config the type that the schema describes', () => {
    const config = parse({})

    expectTypeOf(config.timeout).toEqualTypeOf<number>()
    expectTypeOf(config.level).toEqualTypeOf<'basic' | 'detailed'>()
    expectTypeOf(config.queue).toEqualTypeOf<{ readonly size: number } | undefined>()
  })
})

describe('CFG-32 optional sections', () => {
  it.each([
    ['queue', undefined, { size: 1000 }],
    ['queue', null, { size: 1000 }],
    ['queue', {}, { size: 1000 }],
    ['queue', { enabled: false, size: 3 }, undefined],
    ['batch', undefined, undefined],
    ['batch', null, { wait: 200 }],
    ['batch', {}, { wait: 200 }],
    ['batch', { enabled: false }, undefined],
    ['tls', undefined, undefined],
    ['tls', null, undefined],
    ['tls', {}, {}],
    ['tls', { enabled: false }, undefined],
  ] as const)('%s: %j means %j', (name, given, expected) => {
    const config = parse(given === undefined ? {} : { [name]: given })

    expect(config[name]).toEqual(expected)
  })

  it('CFG-33 refuses an `enabled` that is not a boolean and ignores what a section that is off contains', () => {
    expect(messages({ queue: { enabled: 'yes' } })).toEqual([
      "exporters::x::queue::enabled: 'queue.enabled' expected type 'bool', got unconvertible type 'string'",
    ])
    expect(messages({ queue: { enabled: false, what: 1 } })).toEqual([])
    expect(parse({ queue: { enabled: true, size: 2 } }).queue).toEqual({ size: 2 })
  })
})

describe('faults', () => {
  it('CFG-09 names unknown keys and the nearest known one', () => {
    expect(issues({ endpiont: 'x:1' })).toEqual([
      {
        code: 'unknown_key',
        path: ['exporters', 'x', 'endpiont'],
        message: "'' has invalid keys: endpiont",
        suggestion: 'endpoint',
        at: 'key',
      },
    ])
    expect(messages({ keep: { Alive: true } })).toEqual([
      "exporters::x::keep::Alive: 'keep' has invalid keys: Alive",
    ])
  })

  it('CFG-80 reports all faults in one run', () => {
    const value = { workers: 'many', timeout: '5', tls: { fiel: 'x' }, level: 'all', endpoint: 'nowhere' }

    expect(messages(value).toSorted()).toEqual([
      "exporters::x::endpoint: 'endpoint' must be an address of the form host:port",
      `exporters::x::level: 'level' must be one of "basic", "detailed", got "all"`,
      `exporters::x::timeout: error decoding 'timeout': time: missing unit in duration "5"`,
      "exporters::x::tls::fiel: 'tls' has invalid keys: fiel",
      "exporters::x::workers: 'workers' expected type 'int', got unconvertible type 'string'",
    ])
  })

  it('converts nothing implicitly', () => {
    expect(
      messages({ workers: '5', endpoint: 5, insecure: 'true', ratio: true, token: 1 }).toSorted(),
    ).toEqual([
      "exporters::x::endpoint: 'endpoint' expected type 'string', got unconvertible type 'int'",
      "exporters::x::insecure: 'insecure' expected type 'bool', got unconvertible type 'string'",
      "exporters::x::ratio: 'ratio' expected type 'float64', got unconvertible type 'bool'",
      "exporters::x::token: 'token' expected type 'string', got unconvertible type 'int'",
      "exporters::x::workers: 'workers' expected type 'int', got unconvertible type 'string'",
    ])
  })

  it('reports lists and maps of the wrong type, ranges and missing settings', () => {
    expect(messages({ keep: 'x', tags: 7, workers: 0, ratio: 2, names: [{}] }).toSorted()).toEqual([
      "exporters::x::keep: 'keep' expected a map, got 'string'",
      "exporters::x::names::0::name: 'names.0.name' is required",
      "exporters::x::ratio: 'ratio' must be at most 1",
      "exporters::x::tags: 'tags' expected a list, got 'int'",
      "exporters::x::workers: 'workers' must be at least 1",
    ])
    expect(messages('text')).toEqual(["exporters::x: '' expected a map, got 'string'"])
    expect(messages({ names: 7 })).toEqual(["exporters::x::names: 'names' expected map or list, got 'int'"])
  })

  it('throws all of them as one ConfigError', () => {
    expect(() => parseConfig(clientSchema, { workers: 'x' }, ['a', 0])).toThrow(ConfigError)
    expect(() => parseConfig(clientSchema, { workers: 'x' }, ['a', 0])).toThrow(
      /^a::0::workers: 'workers' expected/,
    )
  })

  it('never shows the value of a secret', () => {
    expect(JSON.stringify(issues({ token: ['hunter2'], headers: { a: ['hunter2'] } }))).not.toContain(
      'hunter2',
    )
  })
})

describe('special words', () => {
  it('splits comma separated lists', () => {
    expect(parse({ tags: 'x, y,z' }).tags).toEqual(['x', 'y', 'z'])
    expect(parse({ tags: '' }).tags).toEqual([])
  })

  it('recognises words in any capitalisation where the schema says so', () => {
    expect(parse({ level: 'DETAILED' }).level).toBe('detailed')
  })

  it('warns about deprecated and ignored settings that are used', () => {
    const { warnings } = checkConfig(clientSchema, { old: 'x', useless: 1 }, [])

    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      ['deprecated_setting', 'Use new instead.'],
      ['ignored_setting', 'Has no effect here.'],
    ])
    expect(checkConfig(clientSchema, {}, []).warnings).toEqual([])
  })

  it('collects references and the places of secrets', () => {
    const result = checkConfig(clientSchema, { storage: ' disk ', headers: { a: 'b' }, names: { n: 'v' } }, [
      'x',
    ])

    expect(result.references).toEqual([{ path: ['x', 'storage'], kind: 'extension', id: 'disk' }])
    expect(result.secrets).toEqual([
      ['x', 'headers', 'a'],
      ['x', 'names', 'n'],
    ])
  })

  it('CFG-91 redacts secrets and CFG-92 user-info in URLs', () => {
    const result = checkConfig(
      clientSchema,
      {
        token: 't',
        headers: { authorization: 'Bearer t' },
        endpoint: 'https://u:p@host:1/?sig=abc&x=1',
        extra: { password: 'p', url: 'http://u:p@h/' },
        timeout: '90s',
      },
      [],
    )

    expect(result.redacted).toMatchObject({
      token: '[REDACTED]',
      headers: { authorization: '[REDACTED]' },
      endpoint: 'https://host:1/?sig=[REDACTED]&x=1',
      extra: { password: '[REDACTED]', url: 'http://h/' },
      timeout: '90s',
      queue: { size: 1000 },
    })
    expect(result.effective).toMatchObject({ token: 't', timeout: '90s' })
  })
})

describe('CFG-53 and CFG-55: values that came whole from a reference', () => {
  it.each([
    ['workers', new Expanded(83, '0123'), 83],
    ['endpoint', new Expanded(7, 'h:7'), 'h:7'],
    ['token', new Expanded(123, '0123'), '0123'],
    ['insecure', new Expanded(true, 'true'), true],
    ['tags', new Expanded(['a', 'c'], '[a,c]'), ['a', 'c']],
    ['tags', new Expanded('a,c', 'a,c'), ['a', 'c']],
    ['timeout', new Expanded('7s', '7s'), 7000],
    ['timeout', new Expanded(null, ''), 0],
    ['ratio', new Expanded(null, ''), 0],
    ['insecure', new Expanded(null, ''), false],
    ['token', new Expanded(null, ''), ''],
    ['storage', new Expanded(null, ''), undefined],
  ] as const)('%s', (name, given, expected) => {
    expect(parse({ [name]: given })[name]).toEqual(expected)
  })

  it('lets null of a literal leave the default in place', () => {
    expect(parse({ workers: null }).workers).toBe(10)
  })

  it('takes null inside maps and lists as the zero value', () => {
    expect(parse({ headers: { a: new Expanded(null, '') }, tags: [null] })).toMatchObject({
      headers: { a: '' },
      tags: [''],
    })
  })

  it('resolves what is nested in free values', () => {
    expect(parse({ extra: { a: [new Expanded(5, '5')] } }).extra).toEqual({ a: [5] })
  })
})

describe('hostile input', () => {
  it('refuses __proto__ as an unknown key everywhere', () => {
    const value: unknown = JSON.parse(
      '{"__proto__": {"x": 1}, "headers": {"__proto__": "v"}, "keep": {"__proto__": 1}}',
    )

    expect(messages(value)).toEqual([
      "exporters::x::headers::__proto__: 'headers' has invalid keys: __proto__",
      "exporters::x::keep::__proto__: 'keep' has invalid keys: __proto__",
      "exporters::x::__proto__: '' has invalid keys: __proto__",
    ])
  })

  it('gives maps without prototype and freezes everything', () => {
    const config = parse({ headers: { constructor: 'c' }, extra: { deep: [{}] } })

    expect(Object.getPrototypeOf(config.headers)).toBeNull()
    expect(config.headers?.['toString']).toBeUndefined()
    for (const part of [config, config.headers, config.tags, config.keep, config.extra]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it('refuses values of no YAML type', () => {
    expect(messages({ token: new Date(0), workers: Number.NaN, ratio: 5n }).length).toBe(3)
  })

  it('keeps control characters of keys out of messages', () => {
    expect(messages({ 'a\n\u001B[31m': 1 })[0]).toContain(String.raw`keys: a\u000a\u001b[31m`)
  })
})
