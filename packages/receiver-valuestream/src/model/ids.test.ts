import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  digest,
  furtherRunSpanId,
  idsOf,
  jobQueueSpanId,
  jobSpanId,
  nonZero,
  partSpanId,
  runIds,
  spanIdOfReference,
  stepSpanId,
} from './ids.ts'

describe('the ids of a reference', () => {
  it.each([
    ['vstrace-github-issue-valuestream-36', '4d123f450acbd22da15f43eee79dc117', 'b8d01cc02dea810c'],
    ['vstrace-customhttp-deploy-myproj-1', 'ae93c811ca76f0d1df0ca69758b2613a', '3bdf68a0e97ccd74'],
  ])('%s are those of the published vectors', (reference, traceId, spanId) => {
    expect(idsOf(reference)).toEqual({ traceId, spanId })
  })

  it('are valid for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (reference) => {
        const { traceId, spanId } = idsOf(reference)
        expect(traceId).toMatch(/^(?!0{32})[\da-f]{32}$/)
        expect(spanId).toMatch(/^(?!0{16})[\da-f]{16}$/)
      }),
    )
  })
})

it('gives the span id of any reference alone', () => {
  const kinds = fc.constantFrom('github-pipeline', 'github-build', 'github-issue', 'gitlab-pipeline')
  const number = fc.oneof(fc.nat().map(String), fc.constantFrom('', 'x'))
  fc.assert(
    fc.property(
      kinds,
      fc.constantFrom('shop', 'github.com/acme/shop', ''),
      number,
      number,
      (kind, name, a, b) => {
        const reference = `vstrace-${kind}-${name}-${a}-${b}`
        expect(spanIdOfReference(reference)).toBe(idsOf(reference).spanId)
      },
    ),
  )
})

describe("GitHub Actions, as the Collector's githubreceiver derives them", () => {
  it('gives the ids of a run', () => {
    const run = { traceId: '731ec8a47fd7450f753a812a4a8aa5a0', spanId: 'aba151af7cfbcf0f' }
    expect(runIds('14460881260', '13')).toEqual(run)
    expect(idsOf('vstrace-github-pipeline-shop-14460881260-13')).toEqual(run)
    expect(idsOf('vstrace-github-pipeline-github.com/acme/shop-14460881260-13')).toEqual(run)
  })

  it('gives the ids of a job, its queue and its steps', () => {
    expect(jobSpanId('40685651258')).toBe('2b09b38c69b64a9c')
    expect(jobQueueSpanId('40685651258')).toBe('79ff76cc79430e14')
    expect(stepSpanId('40685651258', 'Set up job')).toBe('d592338e114eb265')
    expect(idsOf('vstrace-github-build-shop-40685651258').spanId).toBe('2b09b38c69b64a9c')
  })

  it('gives a run without an attempt the ids of any reference', () => {
    const reference = 'vstrace-github-pipeline-shop-14460881260'
    expect(idsOf(reference).traceId).toBe(digest(`${reference}t`).slice(0, 32))
  })
})

it('gives a phase and a further run ids of their own', () => {
  expect(partSpanId('vstrace-jiracloud-issue-TP-3/In Progress/1574512928841')).toBe('01eb706976b5dc95')
  const ids = idsOf('vstrace-github-issue-valuestream-36')
  expect(furtherRunSpanId(ids, 5n)).toBe(digest(`${ids.traceId}/${ids.spanId}#5`).slice(0, 16))
})

it('takes the next digits in the place of an id of zeros', () => {
  const digits = `${'0'.repeat(16)}${'1'.repeat(16)}${'2'.repeat(32)}`
  expect(nonZero(digits, 0, 16)).toBe('1'.repeat(16))
  expect(nonZero(`${'3'.repeat(48)}${'0'.repeat(16)}`, 48, 16)).toBe('3'.repeat(16))
  expect(nonZero(digits, 16, 16)).toBe('1'.repeat(16))
})
