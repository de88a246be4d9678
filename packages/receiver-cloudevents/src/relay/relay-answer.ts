import { HttpFault, type SourceAnswer } from '@spanloom/core'

import type { Forwarded } from './relay.ts'

/** Headers of the consumer that the sender needs to understand the answer. */
const passedHeaders = ['content-type', 'retry-after', 'www-authenticate'] as const

/**
 * What the sender of a forwarded event is told: what the consumer said (`cloudevents.md` section 9.1).
 *
 * @throws HttpFault 504 when the consumer did not answer in time, 502 when it could not be reached or wants the
 * sender to go elsewhere, which nobody may be told for an event
 */
export function relayAnswer({ outcome, response }: Forwarded): SourceAnswer {
  if (response === undefined) {
    throw outcome.error === 'timeout'
      ? new HttpFault(504, 'CONSUMER_TIMEOUT', 'The consumer of the event did not answer in time.')
      : new HttpFault(502, 'CONSUMER_UNREACHABLE', 'The consumer of the event could not be reached.')
  }
  const { status, headers, body } = response
  if (status >= 300 && status < 400) {
    throw new HttpFault(502, 'CONSUMER_REDIRECTS', 'The consumer of the event answered with a redirect.')
  }
  const passed: Record<string, string> = {}
  for (const name of passedHeaders) {
    const value = headers[name]
    if (typeof value === 'string') passed[name] = value
  }
  return { status, headers: passed, body }
}

/** Whether the consumer took the event. */
export function isTaken({ response }: Forwarded): boolean {
  return response !== undefined && response.status >= 200 && response.status < 300
}
