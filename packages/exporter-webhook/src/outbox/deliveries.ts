import { createHash } from 'node:crypto'

import type { NewRecord, Span } from '@spanloom/core'

import { makeNotification, type Notification, type NotificationForm } from '../body/notification.ts'
import type { EndpointConfig } from '../check-settings.ts'
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
          uuid: uuid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
          verifySsl: !tls.insecure_skip_verify,
        }
      : { name: '', uuid: '', verifySsl: true }
  return { format, body, template, maxBodySize: max_body_size, deliveredFor }
}
