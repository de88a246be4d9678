import { describe, expect, it } from 'vitest'

import { PermanentError } from '../errors/errors.ts'
import { maxNesting } from './fields.ts'
import { Traces } from './traces.ts'
import { WireWriter } from './wire-writer.ts'

/** Puts content into fields, the innermost field number last. */
function inside(content: string, ...fields: readonly number[]): Buffer {
  return fields.reduceRight<Buffer>(
    (bytes, field) => {
      const writer = new WireWriter()
      writer.tag(field, 2)
      writer.lengthAndBytes(bytes)
      return writer.take()
    },
    Buffer.from(content.replaceAll(' ', ''), 'hex'),
  )
}

const span = [1, 2, 2] as const
const attribute = [...span, 9] as const
const value = [...attribute, 2] as const

/** A value in as many lists as `depth` says. */
function nested(depth: number, field: 5 | 6): Buffer {
  const path = Array.from({ length: depth }, () => (field === 5 ? [5, 1] : [6, 1, 2])).flat()
  return inside('0a 00', ...value, ...path)
}

describe('what is no OTLP', () => {
  it.each([
    ['a tag without its field', inside('0a')],
    ['a length beyond the end', inside('0a 05 00')],
    ['a length beyond the end of its message', Buffer.from('0a021205000000', 'hex')],
    ['a long length beyond the end', inside(`0a ac01 ${'1200'.repeat(80)}`)],
    ['a long length beyond the end of its message', inside(`2a c801 ${'61'.repeat(190)}`, ...span)],
    ['a length of 64 bits', inside('0a ffffffffffffffffff01')],
    ['a length that wraps around 32 bits', inside('0a 8080808010')],
    ['a length that is cut off', inside('0a 80')],
    ['a tag that is cut off', inside('8a')],
    ['field number 0', inside('02 00')],
    ['field number 0 in a long tag', inside('828000 00')],
    ['a field number above 2^29 - 1', inside('8280808010 00')],
    ['a tag of eleven bytes', inside('8a808080808080808080 00 00')],
    ['wire type 6', inside('0e 00')],
    ['wire type 7 of an unknown field', inside('ff03 00')],
    ['resource spans as a number', inside('08 01')],
    ['resource spans as a group', inside('0b 0c')],
    ['a resource as a number', inside('08 01', 1)],
    ['scope spans as 64 bits', inside('11 0000000000000000', 1)],
    ['a schema URL as a number', inside('18 01', 1)],
    ['a scope as a number', inside('08 01', 1, 2)],
    ['a scope name as a number', inside('08 01', 1, 2, 1)],
    ['a scope count as text', inside('22 00', 1, 2, 1)],
    ['a resource count as text', inside('12 00', 1, 1)],
    ['a span as 32 bits', inside('15 00000000', 1, 2)],
    ['a trace id of 15 bytes', inside(`0a 0f ${'11'.repeat(15)}`, ...span)],
    ['a trace id of 17 bytes', inside(`0a 11 ${'11'.repeat(17)}`, ...span)],
    ['a span id of 7 bytes', inside(`12 07 ${'11'.repeat(7)}`, ...span)],
    ['a parent span id of 16 bytes', inside(`22 10 ${'11'.repeat(16)}`, ...span)],
    ['a name as a number', inside('28 01', ...span)],
    ['a kind as text', inside('32 00', ...span)],
    ['a kind of eleven bytes', inside('30 8080808080808080808001', ...span)],
    ['a kind beyond 64 bits', inside('30 80808080808080808002', ...span)],
    ['a kind that is cut off', inside('30 80', ...span)],
    ['a start time as a varint', inside('38 01', ...span)],
    ['a start time of 7 bytes', inside('39 00000000000000', ...span)],
    ['packed end times', inside('42 08 0000000000000000', ...span)],
    ['flags as a varint', inside('8001 01', ...span)],
    ['flags of 3 bytes', inside('8501 000000', ...span)],
    ['an event count as 64 bits', inside('61 0000000000000000', ...span)],
    ['an event time as a varint', inside('08 01', ...span, 11)],
    ['an event name as 32 bits', inside('15 00000000', ...span, 11)],
    ['a link with a trace id of 8 bytes', inside(`0a 08 ${'11'.repeat(8)}`, ...span, 13)],
    ['a link with a span id of 16 bytes', inside(`12 10 ${'11'.repeat(16)}`, ...span, 13)],
    ['link flags as a varint', inside('30 01', ...span, 13)],
    ['a status code as text', inside('1a 00', ...span, 15)],
    ['a status message as a number', inside('10 00', ...span, 15)],
    ['a key as a number', inside('08 01', ...attribute)],
    ['a value as a number', inside('10 01', ...attribute)],
    ['text as a number', inside('08 01', ...value)],
    ['a boolean as text', inside('12 00', ...value)],
    ['an integer as 64 bits', inside('19 0000000000000000', ...value)],
    ['a double as a varint', inside('20 00', ...value)],
    ['a double of 4 bytes', inside('21 00000000', ...value)],
    ['an array as a number', inside('28 00', ...value)],
    ['an array of numbers', inside('08 00', ...value, 5)],
    ['a list of pairs as a number', inside('30 00', ...value)],
    ['bytes as a number', inside('38 00', ...value)],
    ['a damaged attribute of a resource', inside('10 01', 1, 1, 1)],
    ['a damaged attribute of a scope', inside('10 01', 1, 2, 1, 3)],
    ['a damaged attribute of an event', inside('10 01', ...span, 11, 3)],
    ['a damaged attribute of a link', inside('10 01', ...span, 13, 4)],
    ['a group that does not end', inside('9b06 08 01')],
    ['a group that ends as another', inside('9b06 a406')],
    ['the end of a group that did not begin', inside('9c06')],
    ['groups in groups without end', Buffer.alloc(100_000, Buffer.from('9b06', 'hex'))],
    ['arrays in arrays without end', nested(maxNesting + 1, 5)],
    ['pairs in pairs without end', nested(maxNesting + 1, 6)],
    ['thousands of arrays in arrays', nested(5000, 5)],
  ])('%s is refused for good', (_, bytes) => {
    let thrown: unknown
    try {
      Traces.fromProtobuf(bytes)
    } catch (error) {
      thrown = error
    }

    expect(thrown).toBeInstanceOf(PermanentError)
    expect(thrown).toMatchObject({ code: 'INVALID_OTLP', grpcStatus: 3, permanent: true })
  })
})

describe('what is odd OTLP', () => {
  it.each([
    ['nothing', inside(''), 0],
    ['an empty group', inside('', 1), 0],
    ['an empty span', inside('', ...span), 1],
    ['ids of no bytes', inside('0a00 1200 2200', ...span), 1],
    ['a long tag', inside('aa8000 01 61', ...span), 1],
    ['a long length', inside('2a 818000 61', ...span), 1],
    ['counts of resource and scope', inside('10 01', 1, 1), 0],
    ['a scope of everything', inside('0a 00 12 00 1a 00 20 01', 1, 2, 1), 0],
    ['a resource with an entity', inside('1a 00', 1, 1), 0],
    ['schema URLs', inside('12 03 1a 01 61 1a 01 62', 1), 0],
    ['a negative kind', inside('30 ffffffffffffffffff01', ...span), 1],
    ['a status code that has left the protocol', inside('08 02 18 02', ...span, 15), 1],
    ['an unknown field number below 2^29', inside('fa ff ff ff 0f 00', ...span), 1],
    ['a group', inside('9b06 9b06 08 01 9c06 9c06', ...span), 1],
    ['groups at the limit', inside('9b06'.repeat(maxNesting) + '9c06'.repeat(maxNesting), ...span), 1],
    ['a key without value', inside('0a 01 61', ...attribute), 1],
    ['a value without kind', inside('0a 01 61 12 00', ...attribute), 1],
    ['arrays at the limit', nested(maxNesting, 5), 1],
    ['pairs at the limit', nested(maxNesting, 6), 1],
  ])('%s is accepted and can be read', (_, bytes, spanCount) => {
    const traces = Traces.fromProtobuf(bytes)
    const names = [...traces.spans()].map(({ name, kind, attributes }) => [name, kind, attributes])

    expect([traces.spanCount, names.length]).toEqual([spanCount, spanCount])
  })

  it('keeps the buffer it was given', () => {
    const bytes = new Uint8Array(inside('2a 01 61', ...span))
    const [chunk] = Traces.fromProtobuf(bytes).chunks

    expect(chunk?.buffer).toBe(bytes.buffer)
  })
})
