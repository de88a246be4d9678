import { randomUUID } from 'node:crypto'

import { type Clock, equalInConstantTime, type SourceAnswer, type SourceRequest } from '@spanloom/core'

import type { OrchestEvent } from '../translate/event.ts'
import { parseTime } from '../translate/time.ts'
import type { Intake } from './intake.ts'
import { isRecord, readJson } from './read-body.ts'

/** Parsed settings of `relay`. */
export interface RelaySettings {
  /** Bearer token; none if absent. */
  readonly token: string | undefined
  /** Answers unknown types as the original does. */
  readonly legacyStatus: boolean
}

/** As the original client expects it. */
const taken: SourceAnswer = { status: 200, body: '' }

/** Deals with events of browsers (`orchest.md` 3.1). */
export function relayHandler(
  intake: Intake,
  { token, legacyStatus }: RelaySettings,
  clock: Clock,
): (request: SourceRequest) => Promise<SourceAnswer> {
  const invalid = (message: string): Error =>
    intake.refuse('relay', 'invalid', 400, 'invalid_payload', message)

  return async ({ body, headers, context }) => {
    if (token !== undefined && !equalInConstantTime(headers.authorization ?? '', `Bearer ${token}`)) {
      throw intake.refuse('relay', 'refused', 401, 'unauthorized', 'The bearer token is missing or wrong.')
    }
    const read = readJson(body)
    if (!isRecord(read)) throw invalid('The body is no JSON object.')
    const { event: type, properties = {}, uuid, timestamp } = read
    if (typeof type !== 'string' || type === '') throw invalid('There is no "event" with the name of a type.')
    if (!isRecord(properties)) throw invalid('"properties" is no object.')
    if (uuid !== undefined && (typeof uuid !== 'string' || uuid === '')) throw invalid('"uuid" is no text.')
    const given = timestamp === undefined ? undefined : parseTime(timestamp)
    if (timestamp !== undefined && given === undefined) throw invalid('"timestamp" is no time.')
    const found = intake.check(type, properties)
    if ('code' in found) {
      intake.metrics.event('relay', 'unknown_type')
      if (legacyStatus) return { status: 500, body: 'Invalid analytics event name.' }
      return { status: 400, json: { error: found.message, code: found.code } }
    }
    const event: OrchestEvent = {
      type,
      uuid: uuid ?? randomUUID(),
      time: given ?? BigInt(clock.now()) * 1_000_000n,
      payload: properties,
      source: 'relay',
    }
    if (uuid === undefined) await intake.take(event, found, context)
    else await intake.takeOnce(event, found, context)
    return taken
  }
}
