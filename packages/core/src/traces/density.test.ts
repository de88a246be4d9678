import { gunzipSync, gzipSync } from 'node:zlib'

import { expect, it } from 'vitest'

import { PermanentError } from '../errors/errors.ts'
import { parseOtlpJson } from './parse-otlp-json.ts'
import { Traces } from './traces.ts'

const manySpans = 200_000

it('refuses JSON of empty spans before it is parsed', () => {
  const text = `{"resourceSpans":[{"scopeSpans":[{"spans":[{}${',{}'.repeat(manySpans)}]}]}]}`
  const bomb = gunzipSync(gzipSync(text))

  expect(() => parseOtlpJson(bomb)).toThrow(PermanentError)
  expect(() => parseOtlpJson(bomb)).toThrow('too many empty objects')
})

it('refuses protobuf of empty spans', () => {
  const spans = Buffer.alloc(2 * manySpans, Buffer.from([0x12, 0x00]))
  expect(() => Traces.fromProtobuf(wrapped(0x0a, wrapped(0x12, spans)))).toThrow('too many empty spans')
})

it('refuses protobuf of empty groups', () => {
  const groups = Buffer.alloc(2 * manySpans, Buffer.from([0x0a, 0x00]))
  expect(() => Traces.fromProtobuf(groups)).toThrow('too many empty spans')
})

it('takes a few thousand empty spans', () => {
  const text = `{"resourceSpans":[{"scopeSpans":[{"spans":[{}${',{}'.repeat(4999)}]}]}]}`
  const traces = parseOtlpJson(text)
  expect(traces.spanCount).toBe(5000)
  expect(Traces.fromProtobuf(traces.toProtobuf()).spanCount).toBe(5000)
})

/** A field with a length of four bytes. */
function wrapped(tag: number, content: Buffer): Buffer {
  const { length } = content
  const head = [
    tag,
    (length & 0x7f) | 0x80,
    ((length >> 7) & 0x7f) | 0x80,
    ((length >> 14) & 0x7f) | 0x80,
    length >> 21,
  ]
  return Buffer.concat([Buffer.from(head), content])
}
