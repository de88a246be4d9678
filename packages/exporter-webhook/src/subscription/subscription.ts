import type { Span } from '@spanloom/core'

import { compilePattern } from './pattern.ts'

/** What an endpoint wants to hear of; all that is given must fit. */
export interface SubscriptionConfig {
  readonly event_type: string
  readonly project_uuid?: string | undefined
  readonly job_uuid?: string | undefined
  readonly status?: 'unset' | 'ok' | 'error' | undefined
  readonly attributes?: Readonly<Record<string, string | number | boolean>> | undefined
}

/** Whether a span of this event type is wanted. */
export type Wants = (span: Span, eventType: string) => boolean

/** A span is wanted when one subscription fits; it is delivered once however many do. */
export function compileSubscriptions(subscriptions: readonly SubscriptionConfig[]): Wants {
  const compiled = subscriptions.map(compileSubscription)
  return (span, eventType) => compiled.some((wants) => wants(span, eventType))
}

/** Unlike Orchest's own, a subscription for one job never fires for another. */
function compileSubscription({
  event_type: pattern,
  project_uuid: project,
  job_uuid: job,
  status,
  attributes = {},
}: SubscriptionConfig): Wants {
  const fitsType = compilePattern(pattern)
  const wanted = new Map<string, string | number | boolean>(Object.entries(attributes))
  if (project !== undefined) wanted.set('orchest.project.uuid', project)
  if (job !== undefined) wanted.set('orchest.job.uuid', job)
  return (span, eventType) => {
    if (!fitsType(eventType)) return false
    if (status !== undefined && span.status.code.toLowerCase() !== status) return false
    for (const [key, value] of wanted) if (span.attribute(key) !== value) return false
    return true
  }
}
