import { accepted, type SourceAnswer, type SourceRequest } from '@spanloom/core'

import type { OrchestEvent } from '../translate/event.ts'
import { parseTime } from '../translate/time.ts'
import type { Intake } from './intake.ts'
import { isRecord, readDelivery } from './read-body.ts'
import { isSigned } from './signature.ts'

/** Parsed settings of `webhook`. */
export interface WebhookSettings {
  readonly secrets: readonly string[]
  readonly allowUnsigned: boolean
  readonly onUnknown: 'dead_letter' | 'reject'
}

/** Deals with signed deliveries (`orchest.md` 3.1). */
export function webhookHandler(
  intake: Intake,
  { secrets, allowUnsigned, onUnknown }: WebhookSettings,
): (request: SourceRequest) => Promise<SourceAnswer> {
  return async ({ body, mediaType, headers, context }) => {
    const signature = headers['x-hub-signature']
    const isTrusted = isSigned(body, typeof signature === 'string' ? signature : undefined, secrets)
    // Without a secret there is nothing to compare a signature with; Orchest always sends one.
    if (!isTrusted && !(allowUnsigned && (signature === undefined || secrets.length === 0))) {
      throw intake.refuse(
        'webhook',
        'bad_signature',
        401,
        'bad_signature',
        'The signature is missing or wrong.',
      )
    }
    const { event, subscriber } = readDelivery(body, mediaType)
    if (!isRecord(event)) throw invalid(intake, 'There is no object "event".')
    const { type, uuid } = event
    if (typeof type !== 'string' || type === '') throw invalid(intake, 'The event has no "type".')
    if (type === 'ping') {
      intake.metrics.event('webhook', 'ping')
      intake.logger.info('Orchest has sent a ping.', { subscriber })
      return { status: 202, json: { status: 'ping' } }
    }
    if (typeof uuid !== 'string' || uuid === '') throw invalid(intake, 'The event has no "uuid".')
    const time = parseTime(event['timestamp'])
    if (time === undefined) throw invalid(intake, 'The "timestamp" of the event is missing or no time.')
    const named = headers['x-orchest-event']
    if (named !== undefined && named !== type) {
      intake.complain('The header X-Orchest-Event names another type than the signed body.')
    }
    const delivery = headers['x-orchest-delivery']
    if (typeof delivery === 'string' && /^[\w-]{1,64}$/.test(delivery)) {
      intake.logger.debug('A delivery has come.', { delivery })
    }
    const found = intake.check(type, event)
    if ('code' in found) {
      if (onUnknown === 'reject')
        throw intake.refuse('webhook', 'unknown_type', 422, found.code, found.message)
      await intake.bury(body, mediaType, type, found)
      return { status: 202, json: { status: 'dead_letter', code: found.code } }
    }
    const read: OrchestEvent = { type, uuid, time, payload: event, source: 'webhook' }
    const kind = await intake.takeOnce(read, found, context)
    return kind === 'duplicate' ? { status: 202, json: { status: 'duplicate' } } : accepted()
  }
}

const invalid = (intake: Intake, message: string): Error =>
  intake.refuse('webhook', 'invalid', 400, 'invalid_payload', message)
