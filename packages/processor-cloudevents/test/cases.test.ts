import { readFileSync } from 'node:fs'

import { type AttributeValue, type Span, span, type SpanKind } from '@spanloom/core/traces'
import { describe, expect, it } from 'vitest'

import { at, machine } from './events.ts'

type Plain = Readonly<Record<string, AttributeValue>>

interface CaseLink {
  readonly trace_id: string
  readonly span_id: string
  readonly trace_state: string
  readonly flags: number
  readonly remote: boolean
  readonly attributes: Plain
}

interface CaseSpan {
  readonly ref: string
  readonly name: string
  readonly kind: SpanKind
  readonly trace_id: string
  readonly span_id: string
  readonly parent_span_id: string | null
  readonly start_ms: number
  readonly attributes: Plain
  readonly links?: readonly CaseLink[]
}

interface Case {
  readonly id: string
  readonly title: string
  readonly config?: Readonly<Record<string, number | string>>
  readonly steps: readonly {
    readonly at_ms: number
    readonly spans?: readonly CaseSpan[]
    readonly shutdown?: boolean
  }[]
  readonly expect: {
    readonly emitted: readonly {
      readonly ref: string
      readonly at_ms: number
      readonly links: readonly CaseLink[]
      readonly attributes?: Plain
      readonly absent_attributes?: readonly string[]
    }[]
    readonly metrics: Readonly<Record<string, number>>
  }
}

const { cases }: { cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('fixtures/processor-spans.json', import.meta.url), 'utf8'),
)

const remote = 0x200
const known = 0x100

function toSpan(one: CaseSpan): Span {
  return span({
    traceId: one.trace_id,
    spanId: one.span_id,
    ...(one.parent_span_id === null ? {} : { parentSpanId: one.parent_span_id }),
    name: one.name,
    kind: one.kind,
    startTime: at(one.start_ms),
    endTime: at(one.start_ms + 1),
    attributes: one.attributes,
    links: (one.links ?? []).map((link) => ({
      traceId: link.trace_id,
      spanId: link.span_id,
      flags: link.flags | known | (link.remote ? remote : 0),
    })),
  })
}

function plainLinks({ links }: Span): readonly CaseLink[] {
  return links.map((link) => ({
    trace_id: link.traceId,
    span_id: link.spanId,
    trace_state: link.traceState,
    flags: link.flags & 0xff,
    remote: (link.flags & remote) !== 0,
    attributes: { ...link.attributes },
  }))
}

function settings(config: Case['config'] = {}): Readonly<Record<string, unknown>> {
  const durations: Readonly<Record<string, string>> = { hold_ms: 'hold', ttl_ms: 'ttl' }
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      const duration = durations[name]
      return duration === undefined ? [name, value] : [duration, `${value}ms`]
    }),
  )
}

/** Names of the counters as the cases write them. */
const caseNames: Readonly<Record<string, string>> = {
  'links_added.extension': 'cloudevents.links.added.extension',
  'links_added.store': 'cloudevents.links.added.store',
  traceparent_invalid: 'cloudevents.traceparent.invalid',
  extension_overwritten: 'cloudevents.extension.overwritten',
}

const caseName = (name: string): string => caseNames[name] ?? `cloudevents.${name}`

describe('the cases of the paper', () => {
  it.each(cases)('$id $title', async ({ config, steps, expect: wanted }) => {
    const { next, clock, telemetry, take, stop } = machine(settings(config))
    const left: { readonly span: Span; readonly at_ms: number }[] = []
    const collect = (at_ms: number): void => {
      for (const one of next.spans.slice(left.length)) left.push({ span: one, at_ms })
    }
    const refs = new Map<string, string>()
    let nowMs = 0
    for (const step of steps) {
      // In steps of what may happen in between, so that the time of each departure is seen.
      for (; nowMs < step.at_ms; nowMs += 10) {
        await clock.advance(Math.min(10, step.at_ms - nowMs))
        collect(Math.min(nowMs + 10, step.at_ms))
      }
      nowMs = step.at_ms
      for (const one of step.spans ?? []) refs.set(one.span_id, one.ref)
      for (const one of step.spans ?? []) await take(toSpan(one))
      if (step.shutdown === true) await stop()
      collect(nowMs)
    }

    const byRef = (a: { ref: string | undefined }, b: { ref: string | undefined }): number =>
      String(a.ref).localeCompare(String(b.ref))
    expect(
      left
        .map((one) => ({ ref: refs.get(one.span.spanId), at_ms: one.at_ms, links: plainLinks(one.span) }))
        .toSorted(byRef),
    ).toEqual(wanted.emitted.map(({ ref, at_ms, links }) => ({ ref, at_ms, links })).toSorted(byRef))
    for (const { ref, attributes = {}, absent_attributes: absent = [] } of wanted.emitted) {
      const one = left.find(({ span }) => refs.get(span.spanId) === ref)?.span
      expect(one?.attributes).toMatchObject(attributes)
      expect(Object.keys(one?.attributes ?? {})).not.toEqual(
        expect.arrayContaining(absent.length > 0 ? [...absent] : ['']),
      )
    }
    const counted = Object.entries(telemetry.counters()).map(([name, count]) => [caseName(name), count])
    expect(Object.fromEntries(counted)).toEqual(wanted.metrics)
  })
})
