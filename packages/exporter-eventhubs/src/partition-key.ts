import type { Span } from '@spanloom/core'

import { fillTemplate } from './placeholders.ts'

/** Text by which the service chooses the partition of a span; `undefined`: it may choose any. */
export type PartitionKeyOf = (span: Span) => string | undefined

/** The service takes no longer keys. */
const maxLength = 128

/**
 * How spans are spread over partitions: `trace_id`, `none`, `assembly` (what has to meet in one assembler,
 * `assembly.md` section 9), or a template. A span of which a template knows nothing goes by its trace.
 */
export function partitionKeyOf(setting: string): PartitionKeyOf {
  switch (setting) {
    case 'none':
      return () => undefined
    case 'trace_id':
      return ({ traceId }) => traceId
    case 'assembly':
      return (span) => shortEnough(textOf(span, 'spanloom.group') ?? textOf(span, 'spanloom.key'), span)
    default:
      return (span) => shortEnough(fillTemplate(setting, span.attributes, span.resource), span)
  }
}

/** A key that is too long for the service gives way to the trace id: cut, it would join what does not belong. */
export function shortEnough(key: string | undefined, { traceId }: Pick<Span, 'traceId'>): string {
  return key === undefined || key === '' || key.length > maxLength ? traceId : key
}

function textOf(span: Span, attribute: string): string | undefined {
  const value = span.attribute(attribute)
  return typeof value === 'string' ? value : undefined
}
