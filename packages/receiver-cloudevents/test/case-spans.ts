import type { Attributes, Span, SpanKind } from '@spanloom/core/traces'

/** A span as the cases write it. */
export interface CaseSpan {
  readonly ref: string
  readonly name: string
  readonly kind: SpanKind
  readonly trace_id: string
  readonly parent_span_id: string | null
  readonly start: string
  readonly status: string
  readonly attributes: Attributes
  readonly links: readonly CaseLink[]
}

interface CaseLink {
  readonly trace_id: string
  readonly span_id: string
  readonly trace_state: string
  readonly flags: number
  readonly remote: boolean
  readonly attributes: Attributes
}

const described = /^(cloudevents|messaging)\./

/** A span in the notation of the cases, without its id. */
function plain(one: Span): Omit<CaseSpan, 'ref'> {
  return {
    name: one.name,
    kind: one.kind,
    trace_id: one.traceId,
    parent_span_id: one.parentSpanId === '' ? null : one.parentSpanId,
    start: new Date(Number(one.startTimeUnixNano / 1_000_000n)).toISOString(),
    status: one.status.code,
    attributes: Object.fromEntries(Object.entries(one.attributes).filter(([name]) => described.test(name))),
    links: one.links.map((link) => ({
      trace_id: link.traceId,
      span_id: link.spanId,
      trace_state: link.traceState,
      flags: link.flags & 0xff,
      remote: (link.flags & 0x200) !== 0,
      attributes: { ...link.attributes },
    })),
  }
}

/** Stands generated ids in for `$trace:a` and `$span:ref`, the same for the same placeholder. */
export class Placeholders {
  readonly #values = new Map<string, string>()

  /** Learns the ids from spans that belong to these cases, and tells both in comparable form. */
  compare(
    spans: readonly Span[],
    expected: readonly CaseSpan[],
  ): { readonly got: readonly unknown[]; readonly wanted: readonly unknown[] } {
    const left = [...spans]
    const pairs = expected.map((one) => {
      const index = left.findIndex((span) => span.name === one.name && this.#fits(span, one))
      return { expected: one, span: left.splice(index, index < 0 ? 0 : 1)[0] }
    })
    for (const { expected: one, span } of pairs) {
      if (span === undefined) continue
      this.#values.set(`$span:${one.ref}`, span.spanId)
      if (one.trace_id.startsWith('$'))
        this.#values.set(one.trace_id, this.#values.get(one.trace_id) ?? span.traceId)
    }
    return {
      got: [...pairs.map(({ span }) => span && plain(span)), ...left.map(plain)],
      wanted: pairs.map(({ expected }) => {
        const { ref: _, ...one } = expected
        return JSON.parse(this.filled(JSON.stringify(one)))
      }),
    }
  }

  /** The text with the ids in place of the placeholders. */
  filled(text: string): string {
    return [...this.#values].reduce((filled, [name, value]) => filled.replaceAll(name, value), text)
  }

  /** Of several spans of one name, the event tells which is which. */
  #fits(span: Span, one: CaseSpan): boolean {
    const id = one.attributes['cloudevents.event_id']
    return id === undefined || span.attribute('cloudevents.event_id') === id
  }
}
