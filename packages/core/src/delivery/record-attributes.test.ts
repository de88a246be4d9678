import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { bodyFormat, parseBodyFormat } from './body-format.ts'
import { decodeAttributes, encodeAttributes } from './record-attributes.ts'

const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'x-tenant'))
const metadata = fc
  .array(fc.tuple(name, fc.array(fc.string(), { maxLength: 3 })), { minLength: 1, maxLength: 5 })
  .map((entries) => new Map(entries.map(([key, values]) => [`h-${key}`, values] as const)))

describe('EXP-42: attributes of a stored request', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(
        fc.option(fc.string(), { nil: undefined }),
        fc.option(metadata, { nil: undefined }),
        fc.option(fc.nat(), { nil: undefined }),
        (format, headers, attempts) => {
          const bytes = encodeAttributes({ format, metadata: headers, attempts })
          const told = decodeAttributes(bytes)
          expect([told.format, told.metadata, told.attempts]).toEqual([format, headers, attempts])
        },
      ),
    )
  })

  it('take no room when there is nothing to tell', () => {
    expect(encodeAttributes({})).toBeUndefined()
    expect(encodeAttributes({ metadata: new Map([['Authorization', ['secret']]]) })).toBeUndefined()
    expect(decodeAttributes(undefined)).toEqual({})
  })

  it('hold the trace context, and none that is none', () => {
    const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }
    const told = decodeAttributes(encodeAttributes({ trace: trace.setSpanContext(ROOT_CONTEXT, span) }))
    expect(trace.getSpanContext(told.trace ?? ROOT_CONTEXT)).toEqual({ ...span, isRemote: true })
    expect(encodeAttributes({ trace: ROOT_CONTEXT })).toBeUndefined()
  })

  it.each([
    'x',
    'null',
    '7',
    '{"format":7}',
    '{"metadata":{}}',
    '{"metadata":[["a"]]}',
    '{"metadata":[["a",["b",1]]]}',
    '{"trace":"00-1-2-3"}',
    '{"attempts":-1}',
    '{"attempts":"1"}',
  ])('that read %s are refused', (text) => {
    expect(() => decodeAttributes(Buffer.from(text))).toThrow(Error)
  })

  it('that are no text are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        expect(() => decodeAttributes(Buffer.from([0xff, ...bytes]))).toThrow(Error)
      }),
    )
  })
})

it.each([{ mediaType: 'application/json' }, { mediaType: 'application/x+json', compression: 'zstd' }])(
  'a format is text: %j',
  (format) => {
    expect(parseBodyFormat(bodyFormat(format))).toEqual(format)
  },
)
