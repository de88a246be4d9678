import { expect, it } from 'vitest'

import { PermanentError } from '../errors/errors.ts'
import { dataParser } from './data-parser.ts'

const parse = dataParser({
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string', minLength: 1 },
    attempt: { type: 'integer', default: 1 },
    wait: { type: 'string', format: 'duration' },
    actor: {
      type: 'object',
      section: 'bare',
      required: ['login'],
      properties: { login: { type: 'string' } },
    },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
  },
} as const)

it('keeps what the schema names and fills in defaults', () => {
  const body: unknown = JSON.parse(
    '{"id": "7", "wait": "2s", "other": 1, "__proto__": {"polluted": true}, "actor": null}',
  )

  expect(parse(body)).toEqual({ id: '7', attempt: 1, wait: 2000 })
  expect(parse({ id: '7', actor: { login: 'a', enabled: false } }).actor).toEqual({ login: 'a' })
})

it('drops __proto__ from maps', () => {
  const { labels } = parse(JSON.parse('{"id": "7", "labels": {"__proto__": "x", "a": "b"}}'))

  expect(Object.keys(labels ?? {})).toEqual(['a'])
})

it('refuses for good what does not fit, and says why', () => {
  expect(() => parse({ attempt: 'x' })).toThrow(PermanentError)
  expect(() => parse({ attempt: 'x' })).toThrow(
    "The data does not fit: 'id' is required; 'attempt' expected type 'int', got unconvertible type 'string'.",
  )
  expect(() => parse([])).toThrow("'' expected a map, got 'list'")
  expect(() => parse(undefined)).toThrow("'id' is required")
})
