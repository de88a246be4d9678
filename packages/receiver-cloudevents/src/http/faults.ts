import { type CloudEventError, type EventFault } from '@spanloom/cloudevents'
import { HttpFault } from '@spanloom/core'

/** Faults with a status of their own; any other is 400. */
const statuses: Partial<Readonly<Record<EventFault, number>>> = {
  not_a_cloudevent: 415,
  unsupported_format: 415,
  batch_too_large: 413,
}

/** What a sender is told about an event that cannot be used (`cloudevents.md` section 6). */
export function toHttpFault({ reason, message }: CloudEventError): HttpFault {
  const status = statuses[reason] ?? 400
  return new HttpFault(status, reason.toUpperCase(), `The event was not taken: ${message}.`)
}
