import type { SpanInit } from '@spanloom/core'
import type { EntityRef, UserType } from '@spanloom/orchest'

import type { Values } from './attributes.ts'
import { at, type OrchestEvent } from './event.ts'
import { type IdMaker, keyOf } from './ids.ts'
import { type Fragment, instant } from './instant.ts'
import type { TranslationOptions } from './options.ts'
import { lastSegment, outcomeAttributes, statusOf } from './outcome.ts'

/** The fragment of an event whose type a user declared (`orchest.md` section 4). */
export function userFragment(
  event: OrchestEvent,
  declared: UserType,
  common: Values,
  ids: IdMaker,
  options: TranslationOptions,
): Fragment {
  const { transition, entity, key: paths, parent } = declared
  if (transition === 'ignore') return { fragment: undefined, degraded: false }
  const attributes = { ...common, ...declaredAttributes(declared, event) }
  const alone = (degraded: boolean): Fragment => ({
    fragment: instant(event, attributes, ids, options),
    degraded,
  })
  if (transition === 'instant' || entity === undefined || paths === undefined) return alone(false)
  const key = refKey({ entity, key: paths }, event)
  const parentKey = parent && refKey(parent, event)
  const trace = declared.trace ? refKey(declared.trace, event) : (parentKey ?? key)
  if (key === undefined || trace === undefined || (parent !== undefined && parentKey === undefined))
    return alone(true)
  const base = {
    traceId: ids.traceId(trace),
    spanId: ids.spanId(key),
    ...(parentKey === undefined ? {} : { parentSpanId: ids.spanId(parentKey) }),
    name: declared.span_name ?? entity,
    kind: 'INTERNAL' as const,
  }
  const control = { 'spanloom.profile': 'orchest', 'spanloom.key': ids.control(key) }
  return {
    fragment: { ...base, ...momentOf(event, declared, { ...attributes, ...control }, options) },
    degraded: false,
  }
}

function momentOf(
  { time, type }: OrchestEvent,
  { transition, outcome = lastSegment(type) }: UserType,
  attributes: Values,
  options: TranslationOptions,
): Pick<SpanInit, 'startTime' | 'endTime' | 'attributes' | 'events' | 'status'> {
  if (transition === 'open') return { startTime: time, attributes }
  if (transition === 'note') return { attributes, events: [{ time, name: lastSegment(type) }] }
  return {
    endTime: time,
    attributes: { ...attributes, ...outcomeAttributes(outcome) },
    ...statusOf(outcome, type, options),
  }
}

const valueAt = (event: OrchestEvent, path: string): unknown => at(event.payload, ...path.split('.'))

const refKey = ({ entity, key }: EntityRef, event: OrchestEvent): string | undefined =>
  keyOf(entity, ...key.map((path) => valueAt(event, path)))

function declaredAttributes({ attributes = {} }: UserType, event: OrchestEvent): Values {
  const values: Values = {}
  for (const [name, path] of Object.entries(attributes)) {
    const value = valueAt(event, path)
    if (typeof value === 'boolean' || typeof value === 'number') values[name] = value
    else if (typeof value === 'string' && value !== '') values[name] = value
  }
  return values
}
