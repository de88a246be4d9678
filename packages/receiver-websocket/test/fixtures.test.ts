import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { parentSpanIdOf } from '../src/identity/span-id.ts'
import { type Derivation, deriveTraceId, systemRandom } from '../src/identity/trace-id.ts'
import { isViolation, judge } from '../src/identity/verdict.ts'
import { compileProfile } from '../src/message/compile-profile.ts'
import { createReader } from '../src/message/reader.ts'
import type { CommandMessage } from '../src/message/reading.ts'

function casesOf<T>(name: string): readonly T[] {
  const { cases }: { readonly cases: readonly T[] } = JSON.parse(
    readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'),
  )
  return cases
}

interface TraceIdCase {
  readonly id: string
  readonly input: string | null
  readonly expect: { readonly derivation: string; readonly trace_id: string }
}

describe('trace ids', () => {
  it.each(casesOf<TraceIdCase>('trace-id-mapping').map((each) => [each.id, each] as const))(
    '%s',
    (_id, each) => {
      const derived = deriveTraceId(each.input ?? undefined, systemRandom)
      expect(derived.derivation).toBe(each.expect.derivation)
      const random = each.expect.trace_id === '$random32'
      expect(derived.traceId).toMatch(random ? /^(?!0+$)[0-9a-f]{32}$/ : RegExp(`^${each.expect.trace_id}$`))
    },
  )
})

interface SpanIdCase {
  readonly id: string
  readonly input: string | null
  readonly trace_derivation: Derivation
  readonly expect: { readonly parent_span_id: string | null }
}

describe('span ids', () => {
  it.each(casesOf<SpanIdCase>('span-id-mapping').map((each) => [each.id, each] as const))(
    '%s',
    (_id, each) => {
      expect(parentSpanIdOf(each.input ?? undefined, each.trace_derivation) ?? null).toBe(
        each.expect.parent_span_id,
      )
    },
  )
})

interface VerdictCase {
  readonly id: string
  readonly expected_trace_id: string | null
  readonly received_header_values: readonly string[]
  readonly expect: { readonly verdict: string; readonly violation: boolean }
}

describe('verdicts', () => {
  // An unknown command is found out before anything is compared; the scenarios show it.
  const cases = casesOf<VerdictCase>('callback-verdicts').filter(
    ({ expect: { verdict } }) => verdict !== 'uncorrelated',
  )

  it.each(cases.map((each) => [each.id, each] as const))('%s', (_id, each) => {
    const verdict = judge(
      each.expected_trace_id ?? undefined,
      each.received_header_values,
      (text) => text === '$other_pending',
    )
    expect({ verdict, violation: isViolation(verdict) }).toEqual(each.expect)
  })
})

interface FrameCase {
  readonly id: string
  readonly frame: { readonly type: string; readonly data?: string; readonly base64?: string }
  readonly expect: {
    readonly kind: string
    readonly reason?: string
    readonly request_id?: string | null
    readonly operation?: string
    readonly trace_id?: string | null
    readonly span_id?: string | null
    readonly warning?: string
  }
}

describe('frames', () => {
  const read = createReader(compileProfile('expirenza'), { binary: 'decode', ignore: [] })

  it.each(casesOf<FrameCase>('frames').map((each) => [each.id, each] as const))(
    '%s',
    (_id, { frame, expect: wanted }) => {
      const data =
        frame.base64 === undefined ? Buffer.from(frame.data ?? '') : Buffer.from(frame.base64, 'base64')
      const reading = read(data, frame.type === 'binary', 'commands')
      expect(reading.kind === 'command' ? commandOf(reading) : reading).toMatchObject(expectedOf(wanted))
      expect(Object.prototype).not.toHaveProperty('polluted')
    },
  )
})

function commandOf({
  operation,
  requestId,
  traceId,
  spanId,
  warnings,
}: CommandMessage): Readonly<Record<string, unknown>> {
  return {
    kind: 'command',
    operation,
    request_id: requestId ?? null,
    trace_id: traceId ?? null,
    span_id: spanId ?? null,
    warnings,
  }
}

function expectedOf({ warning, ...rest }: FrameCase['expect']): Readonly<Record<string, unknown>> {
  const { object_prototype_clean: _, ...wanted }: Record<string, unknown> = rest
  return { ...wanted, ...(warning === undefined ? {} : { warnings: [warning] }) }
}
