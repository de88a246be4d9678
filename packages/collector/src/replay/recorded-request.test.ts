import { describe, expect, it } from 'vitest'

import { isRequest, parseRequest } from './recorded-request.ts'

const parse = (line: unknown) =>
  parseRequest(Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)))

it('reads what is there and assumes the rest', () => {
  expect(parse({ body: { a: 1 } })).toEqual({
    method: 'POST',
    path: undefined,
    source: undefined,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"a":1}'),
    time: 0n,
  })
  expect(
    parse({
      time: '2026-01-01T00:00:00.5Z',
      method: 'PUT',
      path: '/hook?x=1',
      source: 'github',
      headers: { 'X-GitHub-Event': 'issues', 'Content-Type': 'text/plain' },
      body: 'as it is',
    }),
  ).toEqual({
    method: 'PUT',
    path: '/hook?x=1',
    source: 'github',
    headers: { 'x-github-event': 'issues', 'content-type': 'text/plain' },
    body: Buffer.from('as it is'),
    time: 1_767_225_600_500_000_000n,
  })
})

it('keeps all digits of numbers, and keys that objects have of their own', () => {
  const body =
    '{"id":12345678901234567890,"price":1.10,"big":1e400,"__proto__":{"a":1},"constructor":2,"t":"1.10"}'
  expect(parse(`{"body":${body}}`).body.toString()).toBe(body)
})

it('drops headers of the connection, whatever they say', () => {
  const headers = {
    Host: 'evil',
    'Content-Length': '1',
    'transfer-encoding': 'chunked',
    Connection: 'x',
    __proto__x: 'y',
  }
  expect(Object.keys(parse({ headers, body: 'b' }).headers)).toEqual(['__proto__x'])
})

describe('refuses', () => {
  it.each([
    ['{"body":', 'not valid JSON'],
    ['[]', 'it has no body'],
    ['{"headers":{}}', 'it has no body'],
    [{ body: '', method: 'CONNECT' }, 'its method'],
    [{ body: '', method: 'GET / HTTP/1.1\r\nX: y' }, 'its method'],
    [{ body: '', path: '//other.example/x' }, 'its path'],
    [{ body: '', path: '/\\other.example' }, 'its path'],
    [{ body: '', path: 'http://other.example/' }, 'its path'],
    [{ body: '', path: '/a b' }, 'its path'],
    [{ body: '', path: 7 }, 'its path'],
    [{ body: '', headers: [] }, 'its headers are no object'],
    [{ body: '', headers: { a: 1 } }, 'its header "a" is no text'],
    [{ body: '', headers: { a: 'x\r\nb: y' } }, 'its header "a" cannot be sent'],
    [{ body: '', headers: { 'a b': 'x' } }, 'its header "a b" cannot be sent'],
    [{ body: '', time: 'yesterday' }, 'its time'],
    [{ body: '', time: -1 }, 'its time'],
    [`{"body":${'['.repeat(200)}${']'.repeat(200)}}`, 'nested deeper'],
  ])('%j', (line, message) => {
    expect(() => parse(line)).toThrow(message)
  })
})

it.each([
  [{ body: 1 }, true],
  [{ resourceSpans: [] }, false],
  [{ resource_spans: [], body: 1 }, false],
  [{}, false],
  [null, false],
  ['body', false],
])('tells requests from traces: %j', (value, expected) => {
  expect(isRequest(value)).toBe(expected)
})
