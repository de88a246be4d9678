import type { SpanInit } from '@spanloom/core'
import type { BuiltInType } from '@spanloom/orchest'

import type { Values } from './attributes.ts'
import { at, type OrchestEvent, pipelineRunOf, textAt } from './event.ts'
import { type Identity, identityOf } from './identity.ts'
import type { IdMaker } from './ids.ts'
import { type Fragment, instant, type InstantPlace } from './instant.ts'
import type { TranslationOptions } from './options.ts'
import { lastSegment, outcomeAttributes, resultOf, statusOf } from './outcome.ts'

const spanNames: Readonly<Record<string, string>> = {
  'one-off-job': 'one-off job',
  'pipeline-run': 'pipeline run',
  'cron-run': 'cron-job run',
  session: 'interactive session',
  'env-build': 'environment image build',
  'jupyter-build': 'jupyter image build',
}

/** The fragment of one of Orchest's own events. */
export function builtInFragment(
  event: OrchestEvent,
  type: BuiltInType,
  attributes: Values,
  ids: IdMaker,
  options: TranslationOptions,
): Fragment {
  const identity = identityOf(type, event)
  const isAbout = type.entity !== 'none'
  if (type.transition === 'instant' || identity === undefined) {
    const degraded = isAbout && identity === undefined
    return { fragment: instant(event, attributes, ids, options, linkOf(type, identity, ids)), degraded }
  }
  return { fragment: fragmentOf(event, type, identity, attributes, ids, options), degraded: false }
}

function fragmentOf(
  event: OrchestEvent,
  { transition, entity }: BuiltInType,
  identity: Identity,
  attributes: Values,
  ids: IdMaker,
  options: TranslationOptions,
): SpanInit {
  const { key, idKey, traceKey, parentKey, parentSlot, group, cronJobKey, isSlot } = identity
  const cronJob = cronJobKey === undefined ? [] : [linkTo('cron-job', cronJobKey, cronJobKey, ids)]
  const control: Values = {
    'spanloom.profile': isSlot ? 'orchest_slot' : 'orchest',
    'spanloom.key': ids.control(key),
    ...(isSlot && transition === 'open' ? { 'spanloom.rank': 30 } : {}),
    ...(group === undefined ? {} : { 'spanloom.group': ids.control(group) }),
    ...(parentSlot === undefined ? {} : { 'spanloom.parent.key': ids.control(parentSlot) }),
  }
  const base = {
    traceId: ids.traceId(traceKey ?? idKey),
    spanId: ids.spanId(idKey),
    ...(parentKey === undefined ? {} : { parentSpanId: ids.spanId(parentKey) }),
    name: spanNames[entity] ?? entity,
    kind: 'INTERNAL' as const,
    links: cronJob,
  }
  switch (transition) {
    case 'open':
      return { ...base, startTime: event.time, attributes: { ...attributes, ...control } }
    case 'close': {
      const outcome = lastSegment(event.type)
      const end = { ...attributes, ...outcomeAttributes(outcome), ...resultOf(entity, outcome), ...control }
      const failed = entity === 'pipeline-run' ? failedSteps(event) : []
      return {
        ...base,
        endTime: event.time,
        attributes: end,
        events: failed,
        ...statusOf(outcome, event.type, options),
      }
    }
    case 'note':
    case 'instant':
    case 'ignore': {
      const name =
        entity === 'session' && event.type.endsWith(':succeeded') ? 'ready' : lastSegment(event.type)
      return { ...base, attributes: { ...attributes, ...control }, events: [{ time: event.time, name }] }
    }
  }
}

function linkOf({ entity, type }: BuiltInType, identity: Identity | undefined, ids: IdMaker): InstantPlace {
  if (identity === undefined || identity.isSlot) return {}
  if (type === 'project:cron-job:started') return { idKey: identity.idKey }
  return { links: [linkTo(entity, identity.traceKey ?? identity.idKey, identity.idKey, ids)] }
}

function linkTo(
  entity: string,
  traceKey: string,
  idKey: string,
  ids: IdMaker,
): NonNullable<SpanInit['links']>[number] {
  return { traceId: ids.traceId(traceKey), spanId: ids.spanId(idKey), attributes: { 'orchest.link': entity } }
}

/** One span event for each step that failed. */
function failedSteps({ payload, time }: OrchestEvent): NonNullable<SpanInit['events']> {
  const steps = at(pipelineRunOf(payload), 'failed_steps')
  if (!Array.isArray(steps)) return []
  return steps.flatMap((step) => {
    const uuid = textAt(step, 'uuid')
    const title = textAt(step, 'title')
    if (uuid === undefined) return []
    const attributes = {
      'orchest.step.uuid': uuid,
      ...(title === undefined ? {} : { 'orchest.step.title': title }),
    }
    return [{ time, name: 'orchest.step.failed', attributes }]
  })
}
