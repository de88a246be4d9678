import type { Attributes, Span } from '@spanloom/core/traces'

import { hasCapturedId } from './event-facts.ts'

/** What a span has to do with its event. */
export type Role = 'producer' | 'consumer' | 'other'

/** The part that a span plays (`cloudevents.md` section 9.2). */
export function roleOf({ kind }: Span, attributes: Attributes, serverSpans: 'link' | 'ignore'): Role {
  if (kind === 'PRODUCER') return 'producer'
  if (kind === 'CONSUMER') return 'consumer'
  const operation = attributes['messaging.operation.type']
  if (operation === 'process' || operation === 'receive') return 'consumer'
  if (kind === 'SERVER' && serverSpans === 'link' && hasCapturedId(attributes)) return 'consumer'
  return 'other'
}

/** 0 for a span that stands for the making of the event, 1 for others of its producer, such as one that sends. */
export function rankOf({ name }: Span, attributes: Attributes): number {
  if (attributes['messaging.operation.type'] === 'create') return 0
  return name.startsWith('CloudEvents Create') || name === 'create' || name.startsWith('create ') ? 0 : 1
}
