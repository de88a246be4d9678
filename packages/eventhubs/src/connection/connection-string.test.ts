import fc from 'fast-check'
import { expect, it } from 'vitest'

import { formatConnectionString, parseConnectionString } from './connection-string.ts'

const key = 'c2VjcmV0LXNlY3JldA=='
const base = `Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=${key}`

it('reads a policy of the namespace and one of a hub', () => {
  expect(parseConnectionString(base)).toEqual({
    host: 'acme.servicebus.windows.net',
    credential: { kind: 'key', name: 'send', key },
    emulator: false,
  })
  expect(parseConnectionString(`${base};EntityPath=flows`)).toMatchObject({ hub: 'flows' })
})

it('reads a ready-made signature with all its equals signs', () => {
  const signature = 'SharedAccessSignature sr=sb%3A%2F%2Facme&sig=abc%3D&se=1&skn=send'
  expect(
    parseConnectionString(`Endpoint=sb://acme/;SharedAccessSignature=${signature};EntityPath=flows`),
  ).toMatchObject({ credential: { kind: 'signature', signature } })
})

it('reads the emulator, with a port', () => {
  expect(
    parseConnectionString(`${base.replace('.net/', '.net:5673')};UseDevelopmentEmulator=true`),
  ).toMatchObject({
    port: 5673,
    emulator: true,
  })
  expect(parseConnectionString(base.replace('.net/', '.net:80/'))).toMatchObject({ port: 80 })
})

it('takes names in any capitalisation, spaces and a trailing semicolon', () => {
  expect(
    parseConnectionString(` endpoint = sb://a ; SHAREDACCESSKEYNAME=n; sharedaccesskey=${key};`),
  ).toEqual({
    host: 'a',
    credential: { kind: 'key', name: 'n', key },
    emulator: false,
  })
})

it.each([
  ['', 'no Endpoint'],
  [key, 'no Endpoint'],
  ['sb://acme', 'Name=Value'],
  [`Endpoint=${key};SharedAccessKeyName=n;SharedAccessKey=${key}`, 'no URL'],
  [`Endpoint=sb://a:b@c/;SharedAccessKeyName=n;SharedAccessKey=${key}`, 'no URL'],
  ['Endpoint=sb://a/', 'no SharedAccessKeyName'],
  ['Endpoint=sb://a/;SharedAccessKeyName=n', 'no SharedAccessKey'],
  [`${base};SharedAccessSignature=x`, 'both'],
  [`${base};SharedAccessKey=${key}`, 'SharedAccessKey twice'],
])('says what is wrong without quoting a value', (text, what) => {
  const parse = (): unknown => parseConnectionString(text)
  expect(parse).toThrow(what)
  expect(parse).not.toThrow(key)
})

it('writes a string that reads the same', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/)
  const secret = fc.base64String({ minLength: 4 })
  fc.assert(
    fc.property(
      name,
      name,
      secret,
      fc.boolean(),
      fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
      (host, hub, value, emulator, port) => {
        const parsed = {
          host: `h${host.toLowerCase()}.example`,
          ...(port === undefined ? {} : { port }),
          hub,
          credential: { kind: 'key', name: hub, key: value } as const,
          emulator,
        }
        expect(parseConnectionString(formatConnectionString(parsed, hub))).toEqual(parsed)
      },
    ),
  )
})

it('never throws anything but a sentence', () => {
  const codeOf = (text: string): unknown => {
    try {
      parseConnectionString(text)
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error
    }
    return 'CONNECTION_STRING_INVALID'
  }
  const result = fc.check(fc.property(fc.string(), (text) => codeOf(text) === 'CONNECTION_STRING_INVALID'))
  expect(result.counterexample).toBeNull()
})
