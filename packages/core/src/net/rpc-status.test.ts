import fc from 'fast-check'
import protobuf from 'protobufjs'
import { expect, it } from 'vitest'

import { encodeRpcStatus, rpcStatusToJson } from './rpc-status.ts'

const { root } = protobuf.parse(`
  syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message RetryInfo { Duration retry_delay = 1; }
`)
const decode = (type: string, bytes: Uint8Array): Record<string, unknown> => {
  const message = root.lookupType(type)
  return message.toObject(message.decode(bytes), { longs: Number, bytes: Buffer })
}

it('writes what another protobuf library reads', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 16 }),
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.option(fc.integer({ min: 1, max: 2_000_000_000 })),
      (code, message, delay) => {
        const bytes = encodeRpcStatus({ code, message, ...(delay === null ? {} : { retryAfterMs: delay }) })
        const { details, ...rest } = decode('google.rpc.Status', bytes)

        expect(rest).toEqual({ code, message: message.toWellFormed() })
        expect(delays(details)).toEqual(delay === null ? [] : [delay])
      },
    ),
  )
})

/** Delays in milliseconds of all details, which must be RetryInfo. */
function delays(details: unknown = []): readonly number[] {
  return (details as { typeUrl: string; value: Buffer }[]).map(({ typeUrl, value }) => {
    expect(typeUrl).toBe('type.googleapis.com/google.rpc.RetryInfo')
    const { retryDelay } = decode('google.rpc.RetryInfo', value)
    const { seconds = 0, nanos = 0 } = retryDelay as { seconds?: number; nanos?: number }
    return seconds * 1000 + nanos / 1e6
  })
}

it('writes the JSON form of the same', () => {
  expect(JSON.parse(rpcStatusToJson({ code: 3, message: 'Bad.' }))).toEqual({ code: 3, message: 'Bad.' })
  expect(JSON.parse(rpcStatusToJson({ code: 14, message: 'Full.', retryAfterMs: 1500 }))).toEqual({
    code: 14,
    message: 'Full.',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }],
  })
})
