import { plainAttributes, type PlainAttributes, toPlain } from '@spanloom/core/testing'
import type { Span, Traces } from '@spanloom/core/traces'

/** A span with all that it holds and stands in, as plain data made for `toEqual`. */
export interface WholeSpan extends ReturnType<typeof toPlain> {
  readonly resourceSchemaUrl: string
  readonly scope: {
    readonly name: string
    readonly version: string
    readonly attributes: PlainAttributes
    readonly schemaUrl: string
  }
}

/** The spans of a batch in an order of their own, so that batches can be compared that were cut and merged. */
export function wholeSpans(traces: Traces): readonly WholeSpan[] {
  return Array.from(traces.spans(), wholeSpan).toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
}

function wholeSpan(span: Span): WholeSpan {
  const { name, version, attributes, schemaUrl } = span.scope
  return {
    ...toPlain(span),
    resourceSchemaUrl: span.resource.schemaUrl,
    scope: { name, version, attributes: plainAttributes(attributes), schemaUrl },
  }
}

const keyOf = ({ traceId, spanId, startTimeUnixNano, endTimeUnixNano }: WholeSpan): string =>
  [traceId, spanId, startTimeUnixNano, endTimeUnixNano].join('/')
