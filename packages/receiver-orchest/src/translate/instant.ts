import type { SpanInit } from '@spanloom/core'

import type { Values } from './attributes.ts'
import type { OrchestEvent } from './event.ts'
import type { IdMaker } from './ids.ts'
import type { TranslationOptions } from './options.ts'

/** The one fragment of an event, unless nobody wants instants. */
export interface Fragment {
  readonly fragment: SpanInit | undefined
  readonly degraded: boolean
}

/** Ids and links of an instant that are not those of its own event. */
export interface InstantPlace {
  readonly idKey?: string
  readonly links?: NonNullable<SpanInit['links']>
}

/** A span of zero length. That of a cron job's start is what its runs are linked to. */
export function instant(
  event: OrchestEvent,
  attributes: Values,
  ids: IdMaker,
  { instants }: TranslationOptions,
  { idKey = `event|${event.uuid}`, links = [] }: InstantPlace = {},
): SpanInit | undefined {
  if (instants === 'drop') return undefined
  return {
    traceId: ids.traceId(idKey),
    spanId: ids.spanId(idKey),
    name: event.type,
    kind: 'INTERNAL',
    startTime: event.time,
    endTime: event.time,
    attributes,
    links,
  }
}
