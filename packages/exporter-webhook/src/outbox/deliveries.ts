import { createHash } from 'node:crypto'

import type { NewRecord, Span, Traces } from '@spanloom/core'

import { makeNotification, type Notification, type NotificationForm } from '../body/notification.ts'
import { uuidText } from '../body/uuid-text.ts'
import type { EndpointConfig } from '../check-settings.ts'
import { eventTypeOf } from '../subscription/event-type.ts'
import type { Wants } from '../subscription/subscription.ts'
import { deliveryId } from './delivery-id.ts'
import { encodeFacts } from './record.ts'

/** Who is told, and how. */
export interface Recipient {
  /** Name of the endpoint. */
  readonly name: string
  readonly form: NotificationForm
  /** Number of the endpoint in the outbox. */
  readonly destination: number
}

/** Who is told of some spans. */
export interface Subscriber extends Recipient {
  readonly wants: Wants
}

/** What becomes of traces. */
export interface Deliveries {
  readonly records: readonly NewRecord[]
  /** Spans that nobody wants. */
  readonly unwanted: number
  /** Deliveries beyond the first of each span. */
  readonly extra: number
}

/** One delivery for each span and endpoint that wants it. */
export function deliveriesOf(
  traces: Traces,
  subscribers: readonly Subscriber[],
  eventTypeFrom: readonly string[],
): Deliveries {
  const records: NewRecord[] = []
  let unwanted = 0
  let extra = 0
  for (const span of traces.spans()) {
    const eventType = eventTypeOf(span, eventTypeFrom)
    const wanting = subscribers.filter(({ wants }) => wants(span, eventType))
    if (wanting.length === 0) unwanted++
    else extra += wanting.length - 1
    records.push(...recordsOf(span, eventType, wanting))
  }
  return { records, unwanted, extra }
}

/** Endpoints that want the same form share one copy of the body. */
export function recordsOf(
  span: Span,
  eventType: string,
  recipients: readonly Recipient[],
): readonly NewRecord[] {
  const made = new Map<string, Notification>()
  return recipients.map(({ name, form, destination }) => {
    const key = JSON.stringify(form)
    let notification = made.get(key)
    if (notification === undefined) made.set(key, (notification = makeNotification(span, eventType, form)))
    const { body, contentType } = notification
    const attributes = encodeFacts({ endpoint: name, contentType, eventType, format: form.format })
    return {
      uid: deliveryId(name, span),
      destination,
      body,
      items: 1,
      // Due at once, wherever the clock is set to by then.
      dueMs: 0,
      ...(attributes === undefined ? {} : { attributes }),
    }
  })
}

/** How an endpoint is told, from its settings. */
export function formOf({
  name,
  format,
  body,
  template,
  max_body_size,
  tls,
}: EndpointConfig): NotificationForm {
  const uuid = createHash('sha256').update(name).digest('hex').slice(0, 32)
  const deliveredFor =
    format === 'orchest'
      ? {
          name,
          uuid: uuidText(uuid),
          verifySsl: !tls.insecure_skip_verify,
        }
      : { name: '', uuid: '', verifySsl: true }
  return { format, body, template, maxBodySize: max_body_size, deliveredFor }
}
