import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { tracesOf } from '../src/intake/intake.ts'
import { createTranslations, defaultTranslationOptions, PayloadError } from '../src/translate.ts'
import { type Delivery, deliveryIn, eventNameOf, expected, sourceOf } from './fixtures.ts'
import { running } from './running.ts'

type Path = readonly (string | number)[]
type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Paths of all fields of a payload, containers included. */
function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const inside = Object.entries(value).flatMap(([name, part]) => pathsIn(part, [...path, name]))
  return path.length === 0 ? inside : [path, ...inside]
}

/** The payload with one field replaced, or removed where there is no replacement. */
function replaced(value: unknown, [name, ...rest]: Path, by: { readonly value: Json } | undefined): unknown {
  if (name === undefined) return by?.value
  if (Array.isArray(value)) {
    const index = Number(name)
    const part = rest.length === 0 ? (by === undefined ? [] : [by.value]) : [replaced(value[index], rest, by)]
    return value.toSpliced(index, 1, ...part)
  }
  const { [name]: old, ...others }: Record<string, unknown> = Object(value)
  if (rest.length === 0 && by === undefined) return others
  return { ...others, [name]: rest.length === 0 ? by?.value : replaced(old, rest, by) }
}

const replacements: readonly ({ readonly value: Json } | undefined)[] = [
  undefined,
  { value: null },
  { value: 0 },
  { value: -1 },
  { value: 1e300 },
  { value: 12.5 },
  { value: '' },
  { value: 'text' },
  { value: '2026-01-01T00:00:00Z' },
  { value: '\uD800 \u0000' },
  { value: true },
  { value: [] },
  { value: [null, 1, 'a', {}] },
  { value: {} },
  { value: { constructor: { name: 1 } } },
]

const files = expected.files.map(({ file }) => file)

/** Every field of a delivery, each time with one replacement. */
function* variants(delivery: Delivery): Generator<Delivery> {
  for (const path of pathsIn(delivery.payload))
    for (const by of replacements) yield { ...delivery, payload: replaced(delivery.payload, path, by) }
}

describe('one field of a fixture that is not what it should be', () => {
  it.each(files)('%s is understood or refused, never a fault', (file) => {
    const translate = createTranslations(defaultTranslationOptions)[sourceOf(file)]
    const name = eventNameOf(deliveryIn(file))
    let spans = 0
    for (const { payload } of variants(deliveryIn(file))) {
      try {
        spans += tracesOf(translate({ name, payload }, { arrivalTime: 1n })).spanCount
      } catch (error) {
        if (!(error instanceof PayloadError)) throw error
      }
    }
    expect(spans).toBeGreaterThan(0)
  })

  it.each(files)('%s never gives a 5xx', { timeout: 60_000 }, async (file) => {
    const { deliver, next } = await running()
    const statuses = new Set<number>()
    let turn = 0
    for (const variant of variants(deliveryIn(file))) {
      // All of them are tried above; over HTTP every seventh is enough to see that what is thrown becomes an answer.
      if (turn++ % 7 === 0) statuses.add((await deliver(file, variant)).status)
    }

    expect([...statuses].filter((status) => ![200, 202, 400].includes(status))).toEqual([])
    expect(next.spans.every(({ spanId }) => /^(?!0{16})[\da-f]{16}$/.test(spanId))).toBe(true)
  })
})

describe('any JSON at all', () => {
  it('never gives a 5xx, whoever seems to send it', { timeout: 60_000 }, async () => {
    const { post } = await running()
    const events = [
      'issues',
      'pull_request',
      'workflow_run',
      'workflow_job',
      'deployment',
      'deployment_status',
    ]
    const headers = fc.constantFrom(...events).map((name) => ({ 'x-github-event': name }))
    const path = fc.constantFrom('/github', '/gitlab', '/jenkins', '/jira', '/customhttp')
    await fc.assert(
      fc.asyncProperty(path, fc.jsonValue({ maxDepth: 4 }), headers, async (to, payload, sent) => {
        const { status } = await post(to, JSON.stringify(payload), sent)
        expect([200, 202, 400]).toContain(status)
      }),
      { numRuns: 300 },
    )
  })

  it('never gives a 5xx where a fixture holds it', { timeout: 60_000 }, async () => {
    const { deliver } = await running()
    const field = fc
      .constantFrom(...files)
      .chain((file) => fc.tuple(fc.constant(file), fc.constantFrom(...pathsIn(deliveryIn(file).payload))))
    await fc.assert(
      fc.asyncProperty(field, fc.jsonValue({ maxDepth: 3 }), async ([file, path], value) => {
        const delivery: Delivery = deliveryIn(file)
        const by: { readonly value: Json } = { value: JSON.parse(JSON.stringify(value)) }
        const { status } = await deliver(file, { ...delivery, payload: replaced(delivery.payload, path, by) })
        expect([200, 202, 400]).toContain(status)
      }),
      { numRuns: 500 },
    )
  })
})
