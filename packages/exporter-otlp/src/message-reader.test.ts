import { assert, property, uint8Array } from 'fast-check'
import { expect, it } from 'vitest'

import { decodeExportResponse, parseExportResponse } from './export-response.ts'
import { readMessage } from './message-reader.ts'
import { decodeRpcStatus, parseRpcStatus } from './rpc-status.ts'

const fieldsOf = (...bytes: number[]): unknown[] => [...readMessage(Buffer.from(bytes))]

it('reads numbers and bytes, and skips what has a fixed size', () => {
  expect(fieldsOf(0x08, 0x96, 0x01, 0x0d, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x12, 1, 0x61)).toEqual([
    { number: 1, value: 150n },
    { number: 2, value: Buffer.from('a') },
  ])
})

it.each([
  ['a number that is cut off', [0x08, 0x80]],
  ['a number that is too long', [0x08, ...Array.from({ length: 10 }, () => 0x80), 0x01]],
  ['a field beyond the end', [0x12, 0x05, 0x61]],
  ['an endless field', [0x12, ...Array.from({ length: 9 }, () => 0xff), 0x01]],
  ['field number 0', [0x00, 0x01]],
  ['a group', [0x0b]],
  ['a fixed number that is cut off', [0x0d, 1, 2, 3]],
])('refuses %s', (_, bytes) => {
  expect(() => fieldsOf(...bytes)).toThrow(RangeError)
})

it('refuses a field of another kind than it should be', () => {
  expect(() => decodeExportResponse(Buffer.of(0x08, 0x01))).toThrow('Bytes were expected.')
  expect(() => decodeExportResponse(Buffer.of(0x0a, 0x02, 0x0a, 0x00))).toThrow('A number was expected.')
})

it('throws nothing but RangeError, whatever comes', () => {
  assert(
    property(uint8Array({ maxLength: 60 }), (bytes) => {
      for (const read of [decodeExportResponse, decodeRpcStatus]) {
        let thrown: unknown
        try {
          read(Buffer.from(bytes))
        } catch (error) {
          thrown = error
        }
        expect(thrown === undefined || thrown instanceof RangeError).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

it('reads snake_case and strings in JSON', () => {
  const text = '{"partial_success":{"rejected_spans":"3","error_message":"a\\u0000b"}}'
  expect(parseExportResponse(text)).toEqual({ rejectedSpans: 3, message: 'a b' })
})

it.each([
  '[]',
  '3',
  '{"partialSuccess":[]}',
  '{"partialSuccess":{"rejectedSpans":1.5}}',
  '{"partialSuccess":{"errorMessage":1}}',
])('refuses %s', (text) => {
  expect(() => parseExportResponse(text)).toThrow(RangeError)
})

it('reads a status in JSON as far as it is one', () => {
  expect(parseRpcStatus('{"message":5,"details":[{"@type":"x/y.Z"},"odd"]}')).toEqual({
    message: '',
    details: ['y.Z'],
    retryDelayMs: undefined,
  })
  expect(parseRpcStatus('null')).toBeUndefined()
})
