import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isZeroGuid, parseGuid, sha256, spanIdOf, traceIdOf } from './ids.ts'

const chain = 'edbd5ddb-b206-4437-8ac3-5401b148c8cb'
const traceId = 'edbd5ddbb20644378ac35401b148c8cb'
const zeroGuid = '00000000-0000-0000-0000-000000000000'

describe('a trace id', () => {
  it('is the digits of a chain id that is a GUID, in the order they are written', () => {
    const spellings = [chain, chain.toUpperCase(), `{${chain}}`, `(${chain})`, traceId, traceId.toUpperCase()]
    expect(new Set(spellings.map(traceIdOf))).toEqual(new Set([traceId]))
  })

  it('is a digest of every other chain id, verbatim', () => {
    expect(traceIdOf('ORD-2026-00042')).toBe('e171c1ca9fc94f4a7a01895fd09c7b43')
    expect(traceIdOf(' A')).not.toBe(traceIdOf('A'))
    expect(traceIdOf(`{${chain})`)).toBe(sha256(`{${chain})`).slice(0, 32))
    expect(traceIdOf(`{${traceId}}`)).toBe(sha256(`{${traceId}}`).slice(0, 32))
  })

  it('hashes the GUID of zeros', () => {
    expect(isZeroGuid(zeroGuid)).toBe(true)
    expect(isZeroGuid(chain)).toBe(false)
    expect(traceIdOf(zeroGuid)).toBe(sha256(zeroGuid).slice(0, 32))
  })
})

describe('a span id', () => {
  it('is a digest of the trace and the step', () => {
    expect(spanIdOf(traceId, '8ecd1ea4-de94-4741-9c4a-a18477398299')).toBe('510f7fe9fb454255')
    expect(spanIdOf(traceId, '3e8e3fa4-b85a-4ee6-aaea-e0fd82008f8c')).toBe('c6c1a7ce34cc3fb2')
    expect(spanIdOf('77777777111142228333555555555555', 'cc000000-0000-4000-8000-000000000009')).toBe(
      '358fb0a2d1044950',
    )
  })

  it('is one for all spellings of a GUID', () => {
    const spellings = ['8ECD1EA4-de94-4741-9c4a-a18477398299', '8ecd1ea4de9447419c4aa18477398299']
    expect(spellings.map((id) => spanIdOf(traceId, id))).toEqual(['510f7fe9fb454255', '510f7fe9fb454255'])
  })

  it('is the step id itself where that is a span id, as our own exporter writes it', () => {
    expect(spanIdOf(traceId, '00F067AA0BA902B7')).toBe('00f067aa0ba902b7')
    expect(spanIdOf(traceId, '0000000000000000')).toBe(sha256(`${traceId}/0000000000000000`).slice(0, 16))
    expect(spanIdOf(traceId, '0f067aa0ba902b7')).toBe(sha256(`${traceId}/0f067aa0ba902b7`).slice(0, 16))
  })
})

it('makes valid ids of any text, and hyphenated GUIDs only of GUIDs', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (chainId, stepId) => {
      const trace = traceIdOf(chainId)
      expect(trace).toMatch(/^[\da-f]{32}$/)
      expect(trace).not.toMatch(/^0+$/)
      expect(spanIdOf(trace, stepId)).toMatch(/^(?!0{16})[\da-f]{16}$/)
    }),
  )
  fc.assert(
    fc.property(fc.uuid(), (guid) => {
      expect(parseGuid(guid.replaceAll('-', ''))).toBe(guid)
      expect(parseGuid(`${guid} `)).toBeUndefined()
    }),
  )
})
