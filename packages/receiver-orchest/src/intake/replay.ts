import { PermanentError, type RevivedInput } from '@spanloom/core'

import { parseTime } from '../translate/time.ts'
import type { Intake } from './intake.ts'
import { isRecord, readDelivery } from './read-body.ts'

/** Tries a dead letter again, such as after its type was declared; it was verified when it came. */
export async function replay(
  intake: Intake,
  { body, format = 'application/json' }: RevivedInput,
): Promise<void> {
  const { event } = readDelivery(body, format)
  const time = isRecord(event) ? parseTime(event['timestamp']) : undefined
  if (!isRecord(event) || time === undefined) throw new PermanentError('INVALID_DATA', 'This is no delivery.')
  const { type, uuid } = event
  if (typeof type !== 'string' || typeof uuid !== 'string') {
    throw new PermanentError('INVALID_DATA', 'The event has no type or no uuid.')
  }
  const found = intake.check(type, event)
  if ('code' in found) return intake.bury(body, format, type, found)
  const { signal } = new AbortController()
  await intake.takeOnce({ type, uuid, time, payload: event, source: 'webhook' }, found, { signal })
}
