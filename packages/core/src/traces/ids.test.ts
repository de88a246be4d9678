import { describe, expect, it } from 'vitest'

import { bytesToHex, hexToBytes, isSpanId, isTraceId, readId } from './ids.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

describe('ids', () => {
  it('go from hex to bytes and back', () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

    expect(hexToBytes(every.toString('hex')).equals(every)).toBe(true)
    expect(bytesToHex(every)).toBe(every.toString('hex'))
    expect(bytesToHex(new Uint8Array(every).subarray(250), 1, 3)).toBe('fbfc')
  })

  it('are read from digits of either case', () => {
    expect(bytesToHex(hexToBytes(traceId.toUpperCase()))).toBe(traceId)
    expect(isTraceId(traceId.toUpperCase())).toBe(true)
  })

  it.each(['abc', 'zz', ' 1', 'é0', '١٢', '0x12'])('are not read from %j', (text) => {
    expect(() => hexToBytes(text)).toThrow(TypeError)
  })

  it.each([
    '',
    traceId.slice(1),
    `${traceId}0`,
    '0'.repeat(32),
    `${traceId.slice(1)}g`,
    `${traceId.slice(1)}Ġ`,
  ])('of traces are not %j', (text) => {
    expect(isTraceId(text)).toBe(false)
  })

  it('of spans have 16 digits that are not all 0', () => {
    expect(isSpanId('00f067aa0ba902b7')).toBe(true)
    expect(isSpanId('0'.repeat(16))).toBe(false)
    expect(isSpanId(traceId)).toBe(false)
  })

  it('that are all 0 count as absent', () => {
    expect(readId(Buffer.alloc(16), 0, 16)).toBe('')
    expect(readId(Buffer.from(traceId, 'hex'), 0, 16)).toBe(traceId)
    expect(readId(Buffer.alloc(0), 0, 0)).toBe('')
  })
})
