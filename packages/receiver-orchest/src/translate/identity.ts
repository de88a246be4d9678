import type { BuiltInType } from '@spanloom/orchest'

import { at, type OrchestEvent, pipelineRunOf, textAt } from './event.ts'
import { keyOf } from './ids.ts'

/** What an event is about, in keys (`orchest.md` 3.4). */
export interface Identity {
  /** What the assembler joins fragments by. */
  readonly key: string
  /** What span id and, without `traceKey`, trace id are made of. */
  readonly idKey: string
  readonly traceKey?: string | undefined
  /** Id key of the parent. */
  readonly parentKey?: string | undefined
  /** Key of a parent whose ids only the assembler knows. */
  readonly parentSlot?: string | undefined
  readonly group?: string | undefined
  /** Id key of the cron job that a cron run is linked to. */
  readonly cronJobKey?: string | undefined
  /** One key for many sessions or builds, one after the other. */
  readonly isSlot: boolean
}

/** The identity of what a built-in event is about; `undefined` when the payload does not say enough. */
export function identityOf({ entity, type }: BuiltInType, event: OrchestEvent): Identity | undefined {
  const { payload, uuid } = event
  switch (entity) {
    case 'one-off-job':
      return own(oneOffJobKey(payload))
    case 'cron-job':
      return own(cronJobKey(payload))
    case 'cron-run':
      return cronRun(payload)
    case 'pipeline-run':
      return pipelineRun(type, payload, uuid)
    case 'session':
      return slot(sessionSlot(payload, uuid), `session|${uuid}`)
    case 'env-build':
      return slot(buildSlot(payload), `env-build|${uuid}`)
    case 'jupyter-build':
      return slot(jupyterSlot(payload), `jupyter-build|${uuid}`)
    default:
      return undefined
  }
}

const jobKey = (entity: string, payload: unknown): string | undefined =>
  keyOf(entity, at(payload, 'project', 'uuid'), at(payload, 'project', 'job', 'uuid'))

export const oneOffJobKey = (payload: unknown): string | undefined => jobKey('one-off-job', payload)

export const cronJobKey = (payload: unknown): string | undefined => jobKey('cron-job', payload)

function cronRunKey(payload: unknown): string | undefined {
  const project = at(payload, 'project')
  return keyOf(
    'cron-run',
    at(project, 'uuid'),
    at(project, 'job', 'uuid'),
    at(project, 'job', 'run', 'number'),
  )
}

function cronRun(payload: unknown): Identity | undefined {
  const key = cronRunKey(payload)
  const cronJob = cronJobKey(payload)
  if (key === undefined) return undefined
  return { key, idKey: key, group: cronJob, cronJobKey: cronJob, isSlot: false }
}

function pipelineRun(type: string, payload: unknown, uuid: string): Identity | undefined {
  const key = keyOf('pipeline-run', at(pipelineRunOf(payload), 'uuid'))
  if (key === undefined) return undefined
  const base = { key, idKey: key, isSlot: false }
  if (type.startsWith('project:pipeline:')) {
    const session = sessionSlot(payload, uuid)
    return { ...base, group: session, parentSlot: session }
  }
  const parentKey = type.startsWith('project:cron-job:') ? cronRunKey(payload) : oneOffJobKey(payload)
  return parentKey === undefined ? undefined : { ...base, parentKey, traceKey: parentKey }
}

/**
 * The uuid of a pipeline is that of the event, by a fault of the original: then its name has to do. A sender without
 * that fault gives the real one.
 */
export function sessionSlot(payload: unknown, uuid: string): string | undefined {
  const pipeline = at(payload, 'project', 'pipeline')
  const real = textAt(pipeline, 'uuid')
  const name = textAt(pipeline, 'name')
  const key = real !== undefined && real !== uuid ? `u:${real}` : name === undefined ? undefined : `n:${name}`
  return keyOf('session', at(payload, 'project', 'uuid'), key)
}

function buildSlot(payload: unknown): string | undefined {
  const environment = at(payload, 'project', 'environment')
  const tag = at(environment, 'image_build', 'image_tag') ?? undefined
  return keyOf(
    'env-build',
    at(payload, 'project', 'uuid'),
    at(environment, 'uuid'),
    ...(tag === undefined ? [] : [tag]),
  )
}

function jupyterSlot(payload: unknown): string | undefined {
  const tag = at(payload, 'jupyter', 'image_build', 'image_tag') ?? undefined
  return keyOf('jupyter-build', ...(tag === undefined ? [] : [tag]))
}

const own = (key: string | undefined): Identity | undefined =>
  key === undefined ? undefined : { key, idKey: key, isSlot: false }

const slot = (key: string | undefined, idKey: string): Identity | undefined =>
  key === undefined ? undefined : { key, idKey, isSlot: true }
