import {
  type Attributes,
  type AttributeValue,
  type Span,
  type SpanEvent,
  toOtlpJson,
  Traces,
} from '@spanloom/core'

import { dataOf, valueText } from './data.ts'
import { type EventPlan, planEvents, type PlannedEvent } from './event-plan.ts'
import { endError, type ErrorSource, errorOf } from './flow-error.ts'
import type { Data, FlowError, FlowEvent } from './flow-event.ts'
import type { FlowSettings } from './flow-settings.ts'
import { eventId, hyphenated } from './ids.ts'
import { mappingOf } from './mapping.ts'
import { writtenTime } from './written-time.ts'

/** An event with what its place among others depends on. */
export interface TimedEvent {
  readonly unixNano: bigint
  readonly event: FlowEvent
}

/** Property that carries the whole span (`preserve`, `invictus.md` chapter 10). */
export const preservedProperty = 'otel.json'

/** The text of `ChainId` of a span. */
export function chainIdOf(span: Span, attributes: Attributes): string {
  return textOf(attributes['invictus.chain.id']) ?? hyphenated(span.traceId)
}

/** The text of `Step.Id` of a span. */
export function stepIdOf(span: Span, attributes: Attributes): string {
  return textOf(attributes['invictus.step.id']) ?? span.spanId
}

/**
 * The events of one span, in the order of `invictus.md` section 9.1; none where there is nothing to tell. `parentId`
 * is what to write as `Step.ParentId`.
 */
export function eventsOfSpan(
  span: Span,
  parentId: string | undefined,
  settings: FlowSettings,
): readonly TimedEvent[] {
  const attributes = span.attributes
  const plan = planEvents(span, attributes, span.events)
  const planned =
    settings.spanEvents === 'all'
      ? plan.events
      : plan.events.filter(({ kind }) => kind === 'started' || kind === 'end')
  const carrier = carrierOf(planned)
  const shared = {
    chainId: chainIdOf(span, attributes),
    source: settings.source ?? sourceOf(span, attributes),
    stepId: stepIdOf(span, attributes),
    mappings: mappingOf(attributes, span.resource, settings.mappings),
    azure: azureOf(attributes),
    preserved: settings.preserve ? toOtlpJson(Traces.of([span])) : undefined,
  }
  return planned.map((one, index) => {
    const isCarrier = one === carrier
    const data = withPreserved(
      {
        ...(one.own && dataOf(one.own.attributes)),
        ...(isCarrier && dataOf(attributes, chosen(span, attributes, settings.dataAttributes))),
      },
      shared.preserved,
      isCarrier,
    )
    const properties = propertiesOf(one, attributes, plan, data)
    const error = errorOfEvent(one, { span, attributes, plan })
    const event: FlowEvent = {
      Id: eventId(span.traceId, span.spanId, one.status, index),
      Time: writtenTime(one.time),
      ChainId: shared.chainId,
      Source: shared.source,
      Step: {
        Id: shared.stepId,
        Name: nameOf(one, span),
        Status: one.status,
        ...(parentId === undefined ? {} : { ParentId: parentId }),
      },
      ...(shared.mappings && { Mappings: shared.mappings }),
      ...(properties && { Properties: properties }),
      ...(error && { Error: error }),
      ...(isCarrier && shared.azure ? { Azure: shared.azure } : {}),
    }
    return { unixNano: one.time, event }
  })
}

/** The event that carries what belongs to the whole span: its end, else its start, else its last. */
function carrierOf(planned: readonly PlannedEvent[]): PlannedEvent | undefined {
  return (
    planned.findLast(({ kind }) => kind === 'end') ??
    planned.find(({ kind }) => kind === 'started') ??
    planned.at(-1)
  )
}

function sourceOf({ resource }: Span, attributes: Attributes): string {
  return (
    textOf(attributes['invictus.source']) ??
    textOf(resource.attribute('service.name') ?? undefined) ??
    'unknown_service'
  )
}

function nameOf({ kind, own }: PlannedEvent, span: Span): string {
  const name = kind === 'superseded' ? textOf(own?.attributes['spanloom.name']) : undefined
  return name ?? span.name
}

type Properties = NonNullable<FlowEvent['Properties']>

function propertiesOf(
  one: PlannedEvent,
  attributes: Attributes,
  { textsInEvents }: EventPlan,
  data: Data | undefined,
): Properties | undefined {
  const { kind, own, folded } = one
  let from: Attributes | undefined = folded?.attributes ?? own?.attributes
  if (kind === 'superseded' && folded !== undefined) from = { ...own?.attributes, ...folded.attributes }
  if (kind === 'end' && folded === undefined && !textsInEvents) from = attributes
  const milestone = textOf(from?.['invictus.milestone']) ?? (kind === 'active' ? plainName(own) : undefined)
  const eventText = textOf(from?.['invictus.event_text'])
  if (milestone === undefined && eventText === undefined && data === undefined) return undefined
  return {
    ...(milestone === undefined ? {} : { Milestone: milestone }),
    ...(eventText === undefined ? {} : { EventText: eventText }),
    ...(data === undefined ? {} : { Data: data }),
  }
}

/** The name of a span event that is no Invictus event is what happened. */
function plainName(own: SpanEvent | undefined): string | undefined {
  if (own === undefined || own.attributes['invictus.step.status'] !== undefined) return undefined
  return own.name === '' ? undefined : own.name
}

function errorOfEvent(one: PlannedEvent, { span, attributes, plan }: ErrorSource): FlowError | undefined {
  const { kind, own, exception } = one
  if (kind === 'end') return endError(one, { span, attributes, plan })
  if (kind === 'superseded') {
    return errorOf(own?.attributes['invictus.error.code'], own?.attributes['invictus.error.description'])
  }
  return (
    exception && errorOf(exception.attributes['exception.type'], exception.attributes['exception.message'])
  )
}

function azureOf(attributes: Attributes): NonNullable<FlowEvent['Azure']> | undefined {
  const resourceId = textOf(attributes['cloud.resource_id'])
  const portalLink = textOf(attributes['invictus.azure.portal_link'])
  if (resourceId === undefined && portalLink === undefined) return undefined
  return {
    ...(resourceId === undefined ? {} : { ResourceId: resourceId }),
    ...(portalLink === undefined ? {} : { PortalLink: portalLink }),
  }
}

function chosen(
  { resource }: Span,
  attributes: Attributes,
  names: readonly string[],
): readonly (readonly [string, AttributeValue])[] {
  return names.flatMap((name) => {
    const value = attributes[name] ?? resource.attribute(name)
    return value === undefined ? [] : [[name, value] as const]
  })
}

/** Every event of a preserved span announces it, so that the receiver makes nothing else of them. */
function withPreserved(data: Data, preserved: string | undefined, isCarrier: boolean): Data | undefined {
  const all: Record<string, string> = Object.assign(Object.create(null), data)
  if (preserved !== undefined) all[preservedProperty] = isCarrier ? preserved : ''
  return Object.keys(all).length === 0 ? undefined : all
}

/** A text, or any other value as one; `undefined` when there is nothing to read. */
function textOf(value: AttributeValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined
  const text = valueText(value)
  return text === '' ? undefined : text
}
