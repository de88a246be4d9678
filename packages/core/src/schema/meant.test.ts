import { describe, expect, it } from 'vitest'

import { closest } from './closest.ts'
import { meantId } from './component-id.ts'
import { meantKey } from './meant-key.ts'
import { meantValue } from './meant-value.ts'
import type { ConfigSchema } from './schema.ts'
import { meantEndpoint, meantSize, meantUrl } from './text-forms.ts'

const server = { type: 'object', properties: { endpoint: { type: 'string' } } } as const
const schema: ConfigSchema = {
  type: 'object',
  properties: {
    protocols: { type: 'object', properties: { grpc: server, http: server } },
    tls: { type: 'object', properties: { insecure: { type: 'boolean' } } },
    verbosity: { type: 'string', formerly: ['loglevel'] },
  },
}

describe('an unknown key', () => {
  it.each([
    ['protocol', 'protocols'],
    ['tls_settings', 'tls'],
    ['loglevel', 'verbosity'],
    ['insecure', 'tls.insecure'],
    ['endpoint', 'It is a setting of a section: protocols.grpc.endpoint or protocols.http.endpoint.'],
    ['colour', 'Known here: protocols, tls, verbosity.'],
  ])('%s was meant as %s', (key, meant) => {
    expect(meantKey(key, schema)).toBe(meant)
  })

  it('of a map whose keys are free, or of too many keys, is not explained', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`name_${n}${n}${n}${n}`, server]))

    expect(meantKey('x', { type: 'object', additionalProperties: { any: true } })).toBeUndefined()
    expect(meantKey('x', { type: 'object', properties: many })).toBeUndefined()
  })
})

describe('a value of the wrong type', () => {
  it.each<[ConfigSchema, unknown, string | undefined]>([
    [{ type: 'boolean' }, 'yes', 'true'],
    [{ type: 'boolean' }, 0, 'false'],
    [{ type: 'boolean' }, 'perhaps', undefined],
    [{ type: 'integer' }, '5000', '5000'],
    [{ type: 'integer' }, '5k', '5000'],
    [{ type: 'integer' }, '20MB', '20000000'],
    [{ type: 'integer' }, 1.5, '2'],
    [{ type: 'number' }, '10%', '10'],
    [{ type: 'number', maximum: 1 }, '20%', '0.2'],
    [{ type: 'integer' }, 'big', undefined],
    [{ type: 'string', format: 'endpoint', default: 'localhost:4317' }, 4319, 'localhost:4319'],
    [{ type: 'string', format: 'duration', default: '2s' }, {}, 'Write a duration, such as 2s.'],
    [{ type: 'string' }, 5, 'Put it in quotes: "5".'],
    [{ type: 'array', items: { type: 'string' } }, { a: null, b: null }, 'Write a list: [a, b].'],
    [{ type: 'array', items: { type: 'object', properties: {} } }, { pull: 'x' }, 'Write a list: "- pull:".'],
    [schema, ['tls'], 'Write a map instead of a list: "tls: …".'],
    [schema, 'tls:on', 'Write a space after the colon: "tls: …".'],
    [schema, 'on', 'Write a map, such as "protocols: …".'],
  ])('%j is not fitted by %j, but by %j', (expected, value, meant) => {
    expect(meantValue(expected, value)).toBe(meant)
  })

  it('is not repeated where it may be a secret', () => {
    const secret = { type: 'string', secret: true } as const

    expect(meantValue(secret, 1234)).toBeUndefined()
    expect(meantValue({ type: 'array', items: secret }, 's3cr3t')).toBeUndefined()
    expect(meantValue({ type: 'object', additionalProperties: secret }, ['s3cr3t'])).not.toContain('s3cr3t')
    expect(meantEndpoint('http://me:s3cr3t@host:1', 'localhost:2')).toBeUndefined()
    expect(meantUrl('htp://me:s3cr3t@host')).toBeUndefined()
  })
})

describe('a text', () => {
  it.each([
    ['http://localhost:4318', 'localhost:4318'],
    ['localhost', 'localhost:4317'],
    [':99', 'localhost:99'],
    ['13133', 'localhost:13133'],
    ['0.0.0.0:80999', 'A port is a number up to 65535.'],
    ['', undefined],
  ])('%s was meant as the address %s', (text, meant) => {
    expect(meantEndpoint(text, 'localhost:4317')).toBe(meant)
  })

  it.each([
    ['localhost:4318', 'http://localhost:4318'],
    ['htps://backend', 'https://backend'],
    ['backend.example.test/v1', 'https://backend.example.test/v1'],
    ['http://right', undefined],
    ['', undefined],
  ])('%s was meant as the URL %s', (text, meant) => {
    expect(meantUrl(text)).toBe(meant)
  })

  it.each([
    ['4 gigabytes', '4GB'],
    ['256M', '256MB'],
    ['1gi', '1GiB'],
    ['many', undefined],
  ])('%s was meant as the size %s', (text, meant) => {
    expect(meantSize(text)).toBe(meant)
  })

  it.each([
    ['nop/', 'nop'],
    ['2otlp', 'otlp'],
    ['nop/two words', 'nop/two-words'],
    ['/x', undefined],
  ])('%s was meant as the id %s', (text, meant) => {
    expect(meantId(text)).toBe(meant)
  })

  it('that is the beginning of one word only, or the other way round, is that word', () => {
    expect(closest('gz', ['gzip', 'zstd', 'none'])).toBe('gzip')
    expect(closest('warning', ['debug', 'info', 'warn', 'error'])).toBe('warn')
    expect(closest('gr', ['grpc_client', 'grpc_server'])).toBeUndefined()
  })
})
