import type { SpanInit } from '@spanloom/core'
import type { EventType } from '@spanloom/orchest'

import { attributesOf, eventAttributes } from './attributes.ts'
import { builtInFragment } from './built-in-events.ts'
import { closingOf } from './closing.ts'
import type { OrchestEvent } from './event.ts'
import { type IdMaker, idMaker } from './ids.ts'
import type { TranslationOptions } from './options.ts'
import { lastSegment, outcomeAttributes } from './outcome.ts'
import { userFragment } from './user-events.ts'

/** What an event became. */
export interface Translated {
  readonly fragments: readonly SpanInit[]
  /** The payload does not say what the event is about, so that it stands alone. */
  readonly degraded: boolean
}

/** Makes fragments of events; a pure function of each (`orchest.md` 3.4 to 3.7). */
export type Translate = (event: OrchestEvent, type: EventType) => Translated

/** Makes the translation for these choices. */
export function createTranslate(options: TranslationOptions): Translate {
  const ids = idMaker(options.idSalt)
  return (event, { kind, type }) => {
    const fragments: SpanInit[] = []
    const attributes = attributesOf(event, options.includeParameters)
    const { fragment, degraded } =
      kind === 'user'
        ? userFragment(event, type, attributes, ids, options)
        : builtInFragment(event, type, attributes, ids, options)
    if (fragment !== undefined) fragments.push(fragment)
    const closing = kind === 'user' ? undefined : closingFragment(event, ids)
    if (closing !== undefined) fragments.push(closing)
    return { fragments, degraded }
  }
}

/** Ends what the event does not name; if that is not open, it leaves no trace. */
function closingFragment(event: OrchestEvent, ids: IdMaker): SpanInit | undefined {
  const closing = closingOf(event)
  if (closing === undefined) return undefined
  const outcome = lastSegment(event.type)
  return {
    traceId: ids.traceId(`event|${event.uuid}`),
    spanId: ids.spanId(`close|${event.uuid}`),
    name: event.type,
    kind: 'INTERNAL',
    endTime: event.time,
    attributes: {
      ...eventAttributes(event),
      ...outcomeAttributes(outcome),
      'spanloom.profile': closing.profile,
      'spanloom.key': ids.control(closing.key),
      'spanloom.close': true,
      'spanloom.rank': closing.rank,
    },
    ...(outcome === 'failed' ? { status: { code: 'ERROR' as const, message: event.type } } : {}),
  }
}
