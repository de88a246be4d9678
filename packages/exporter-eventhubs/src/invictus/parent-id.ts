import type { Attributes, AttributeValue, Span } from '@spanloom/core'

import { valueText } from './data.ts'
import { stepSpanId } from './ids.ts'

const parentAttribute = 'invictus.step.parent_id'

/** The text that names the parent of a span, `undefined` for a root (`invictus.md` section 9.2). */
export function parentIdOf(span: Span, attributes: Attributes): string | undefined {
  const named = textOf(attributes[parentAttribute])
  if (named !== undefined) return whatCounted(span, attributes, named)
  if (span.parentSpanId === '') return undefined
  return (
    supersededId(span, span.parentSpanId) ?? textOf(attributes['invictus.parent_id']) ?? span.parentSpanId
  )
}

/**
 * The last event that names a parent decides, although its other values may have been superseded: then the attribute
 * names another one than the span has.
 */
function whatCounted(span: Span, attributes: Attributes, named: string): string {
  const { traceId, parentSpanId } = span
  const ownId = textOf(attributes['invictus.step.id'])
  const isSelf = attributes['spanloom.parent.ignored'] === 'self' && ownId !== undefined
  const wanted = isSelf ? stepSpanId(traceId, ownId) : parentSpanId
  if (wanted === '' || stepSpanId(traceId, named) === wanted) return named
  return supersededId(span, wanted) ?? named
}

/** What a superseded event calls the step of that span id. */
function supersededId({ traceId, events }: Span, spanId: string): string | undefined {
  for (const { name, attributes } of events) {
    const text = name === 'spanloom.superseded' ? textOf(attributes[parentAttribute]) : undefined
    if (text !== undefined && stepSpanId(traceId, text) === spanId) return text
  }
  return undefined
}

function textOf(value: AttributeValue | undefined): string | undefined {
  const text = value === undefined || value === null ? '' : valueText(value)
  return text === '' ? undefined : text
}
