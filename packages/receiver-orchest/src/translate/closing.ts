import { at, type OrchestEvent, pipelineRunOf } from './event.ts'
import { cronJobKey, oneOffJobKey, sessionSlot } from './identity.ts'
import { keyOf } from './ids.ts'

/** What an event ends that it does not name (`orchest.md` 3.5). */
export interface Closing {
  /** Key of the thing, or group of the things. */
  readonly key: string
  readonly profile: 'orchest' | 'orchest_slot'
  readonly rank: number
}

/** What else an event ends; `undefined` for nearly all. */
export function closingOf({ type, payload, uuid }: OrchestEvent): Closing | undefined {
  const rank = type.endsWith(':deleted') ? 31 : 30
  const key = closedKey(type, payload, uuid)
  if (key === undefined) return undefined
  return { key, rank, profile: type.endsWith(':interactive-session:stopped') ? 'orchest_slot' : 'orchest' }
}

function closedKey(type: string, payload: unknown, uuid: string): string | undefined {
  if (type === 'project:one-off-job:deleted') return oneOffJobKey(payload)
  if (/^project:(?:one-off-job|cron-job:run):pipeline-run:deleted$/.test(type)) {
    return keyOf('pipeline-run', at(pipelineRunOf(payload), 'uuid'))
  }
  if (/^project:cron-job:(?:cancelled|failed|deleted)$/.test(type)) return cronJobKey(payload)
  return type === 'project:pipeline:interactive-session:stopped' ? sessionSlot(payload, uuid) : undefined
}
