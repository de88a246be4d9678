import type { CloudEvent, EventValue } from '@spanloom/cloudevents'
import type { Attributes } from '@spanloom/core/traces'

import type { SpanRole } from './ids.ts'

/** How spans are named and described. */
export interface ConventionOptions {
  readonly conventions: 'cloudevents' | 'messaging'
  /** Attributes of events that spans get beside the registered ones. */
  readonly extraAttributes: readonly string[]
}

/** Where an event came from, as far as conventions want to know. */
export interface EventOrigin {
  /** Value of `messaging.system`. */
  readonly system: string
  /** Value of `messaging.destination.name`. */
  readonly destination: string | undefined
}

const longestName = 256

/** Name of a span of an event (R-CREATE-3, R-PROC-3, R-NEW-1). */
export function nameOf(
  role: SpanRole,
  { type }: CloudEvent,
  { destination }: EventOrigin,
  { conventions }: ConventionOptions,
): string {
  if (conventions === 'messaging') return cut(destination === undefined ? role : `${role} ${destination}`)
  return cut(`CloudEvents ${role === 'create' ? 'Create' : 'Process'} ${type}`)
}

/** Attributes of a span of an event. */
export function attributesOf(
  role: SpanRole,
  event: CloudEvent,
  { system, destination }: EventOrigin,
  { conventions, extraAttributes }: ConventionOptions,
): Attributes {
  const attributes: Record<string, EventValue> = {
    'cloudevents.event_id': event.id,
    'cloudevents.event_source': event.source,
    'cloudevents.event_spec_version': event.specversion,
    'cloudevents.event_type': event.type,
  }
  const subject = event.attributes.get('subject')
  if (subject !== undefined && subject !== '') attributes['cloudevents.event_subject'] = String(subject)
  if (conventions === 'messaging') {
    attributes['messaging.system'] = system
    attributes['messaging.operation.type'] = role
    attributes['messaging.operation.name'] = role
    if (destination !== undefined) attributes['messaging.destination.name'] = destination
    attributes['messaging.message.id'] = event.id
  }
  for (const name of extraAttributes) {
    const value = event.attributes.get(name)
    if (value === undefined || value === '') continue
    attributes[name === 'correlationid' ? 'messaging.message.conversation_id' : `spanloom.ce.${name}`] = value
  }
  return attributes
}

/** At most so long, and no half character. */
function cut(name: string): string {
  return name.length <= longestName ? name : name.slice(0, longestName).toWellFormed()
}
