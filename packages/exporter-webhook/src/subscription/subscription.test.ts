import { span } from '@spanloom/core'
import { expect, it } from 'vitest'

import { eventTypeOf } from './event-type.ts'
import { compileSubscriptions, type SubscriptionConfig } from './subscription.ts'

const spanOf = (attributes: Record<string, string | number> = {}, code: 'UNSET' | 'ERROR' = 'UNSET') =>
  span({
    traceId: '0'.repeat(31) + '1',
    spanId: '0'.repeat(15) + '1',
    name: 'run',
    status: { code },
    attributes,
  })

const wanted = (
  subscription: SubscriptionConfig,
  of: ReturnType<typeof spanOf>,
  type = 'project:a',
): boolean => compileSubscriptions([subscription])(of, type)

it('wants what fits in all that is given', () => {
  const run = spanOf({ 'orchest.project.uuid': 'P', 'orchest.job.uuid': 'J', n: 1 }, 'ERROR')
  const all = {
    event_type: 'project:*',
    project_uuid: 'P',
    job_uuid: 'J',
    status: 'error',
    attributes: { n: 1 },
  } as const
  expect(wanted(all, run)).toBe(true)
  for (const other of [
    { event_type: 'pipeline:*' },
    { project_uuid: 'Q' },
    { job_uuid: 'K' },
    { status: 'ok' as const },
    { attributes: { n: 2 } },
    { attributes: { n: '1' } },
  ]) {
    expect(wanted({ ...all, ...other }, run)).toBe(false)
  }
})

it('a subscription for one job never fires for another, nor for the project', () => {
  const subscription = { event_type: '**', project_uuid: 'P', job_uuid: 'J1' }
  expect(wanted(subscription, spanOf({ 'orchest.project.uuid': 'P', 'orchest.job.uuid': 'J2' }))).toBe(false)
  expect(wanted(subscription, spanOf({ 'orchest.project.uuid': 'P' }))).toBe(false)
})

it('finds the event type in the attributes, else in the name', () => {
  expect(eventTypeOf(spanOf({ 'orchest.event.type': 'a', other: 'b' }), ['other'])).toBe('a')
  expect(eventTypeOf(spanOf({ other: 'b' }), ['missing', 'other'])).toBe('b')
  expect(eventTypeOf(spanOf({ other: 1 }), ['other'])).toBe('run')
})
