import type { AttributeValue, Resource, Scope, SpanInit } from '@spanloom/core'

import { addData, addEventAttributes, type AttributeDraft, set } from './attributes.ts'
import type { FlowEvent } from './event-model.ts'
import { sha256 } from './ids.ts'
import type { JsonValue } from './json-body.ts'
import { canonicalJson } from './json-text.ts'
import type { MessageLink } from './message-context.ts'

/** What a fragment holds that is not from its event. */
export interface FragmentContext {
  readonly traceId: string
  /** Span id of a step of this trace. */
  readonly spanIdOf: (stepId: string) => string
  /** The event's time, or the message's where the event has none that can be read. */
  readonly time: bigint
  readonly timeSubstituted: boolean
  readonly link: MessageLink | undefined
  readonly resource: Resource
  readonly scope: Scope
  /** Whether a completed step has status OK rather than none. */
  readonly setOk: boolean
}

/**
 * The fragment that one event becomes (`invictus.md` section 6): a span that lacks its start, its end or both, with
 * the control attributes that tell the assembler where it belongs. `element` is the event as it was received.
 * Throws `TooDeepError`.
 */
export function toFragment(event: FlowEvent, element: JsonValue, context: FragmentContext): SpanInit {
  const { traceId, time, link } = context
  const spanId = context.spanIdOf(event.stepId)
  const parent = parentOf(event, spanId, context.spanIdOf)
  return {
    traceId,
    spanId,
    name: event.stepName ?? event.action ?? '',
    kind: 'INTERNAL',
    flags: sampled,
    resource: context.resource,
    scope: context.scope,
    attributes: attributesOf(event, element, context, parent),
    events: spanEvents(event, time),
    status: statusOf(event, context.setOk),
    ...(parent?.named === true ? { parentSpanId: parent.spanId } : {}),
    ...(link === undefined ? {} : { links: [{ ...link, attributes: messageLinkAttributes }] }),
    ...timesOf(event, time),
  }
}

const sampled = 1
const messageLinkAttributes: Readonly<Record<string, AttributeValue>> = { 'spanloom.link.reason': 'message' }
const serviceNameAssumed: readonly string[] = ['service.name']

interface Parent {
  readonly spanId: string
  /** Whether the step itself names it; the legacy field of the event is only a hint, which needs no answer. */
  readonly named: boolean
}

function parentOf(
  event: FlowEvent,
  ownId: string,
  spanIdOf: FragmentContext['spanIdOf'],
): Parent | undefined {
  if (event.stepParentId !== undefined) return { spanId: spanIdOf(event.stepParentId), named: true }
  if (event.parentId === undefined) return undefined
  const spanId = spanIdOf(event.parentId)
  return spanId === ownId ? undefined : { spanId, named: false }
}

function attributesOf(
  event: FlowEvent,
  element: JsonValue,
  { traceId, timeSubstituted, link }: FragmentContext,
  parent: Parent | undefined,
): AttributeDraft {
  const draft: AttributeDraft = {}
  addEventAttributes(draft, event, parent?.named === false)
  if (timeSubstituted) {
    draft['invictus.time.source'] = 'enqueued'
    if (event.time !== undefined) draft['invictus.time.invalid'] = timeText(event.time)
  }
  draft['spanloom.profile'] = 'invictus'
  if (parent !== undefined) draft['spanloom.parent.key'] = `${traceId}/${parent.spanId}`
  // Only where the bytes of two deliveries of one event may differ does the event need an identity of its own.
  if (timeSubstituted || link !== undefined)
    draft['spanloom.event.id'] = sha256(canonicalJson(element)).slice(0, 32)
  if (event.service === undefined) draft['spanloom.assumed'] = serviceNameAssumed
  return draft
}

function timeText(time: NonNullable<FlowEvent['time']>): string {
  return typeof time === 'object' ? time.text : String(time)
}

function timesOf({ status }: FlowEvent, time: bigint): { startTime?: bigint; endTime?: bigint } {
  if (status === 'Started') return { startTime: time }
  return status === 'Active' ? {} : { endTime: time }
}

function statusOf(event: FlowEvent, setOk: boolean): NonNullable<SpanInit['status']> {
  if (event.status === 'Failed')
    return { code: 'ERROR', message: event.errorDescription ?? event.errorCode ?? '' }
  return { code: setOk && event.status === 'Completed' ? 'OK' : 'UNSET' }
}

type SpanEvents = NonNullable<SpanInit['events']>

/** What people are told happened (section 6.4): milestone and text, and the error as an `exception` after them. */
function spanEvents(event: FlowEvent, time: bigint): SpanEvents {
  const { milestone, eventText, errorCode, errorDescription } = event
  const happened = event.status === 'Active' || milestone !== undefined || eventText !== undefined
  const failed = errorCode !== undefined || errorDescription !== undefined
  if (!happened && !failed) return noEvents
  return [...(happened ? [progress(event, time)] : []), ...(failed ? [exception(event, time)] : [])]
}

const noEvents: SpanEvents = []

function progress(event: FlowEvent, time: bigint): SpanEvents[number] {
  const status = event.unknownStatus ?? event.status
  const attributes: AttributeDraft = { 'invictus.step.status': status }
  set(attributes, 'invictus.event.id', event.id)
  set(attributes, 'invictus.milestone', event.milestone)
  set(attributes, 'invictus.event_text', event.eventText)
  if (event.status === 'Active') addData(attributes, event.data)
  return { time, name: event.milestone ?? status.toLowerCase(), attributes }
}

function exception(event: FlowEvent, time: bigint): SpanEvents[number] {
  const attributes: AttributeDraft = {}
  set(attributes, 'exception.type', event.errorCode)
  set(attributes, 'exception.message', event.errorDescription)
  return { time, name: 'exception', attributes }
}
