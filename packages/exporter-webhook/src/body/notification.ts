import { encodeJson, spanEvent } from '@spanloom/cloudevents'
import { type Span, toOtlpJson, Traces } from '@spanloom/core'

import { type DeliveredFor, orchestBody } from './orchest-event.ts'
import { pythonJson } from './python-json.ts'
import { fillTemplate, type Template } from './template.ts'
import { thinData } from './thin.ts'
import { timeText } from './times.ts'

/** How an endpoint wants to be told. */
export interface NotificationForm {
  readonly format: 'standard' | 'cloudevents' | 'orchest'
  readonly body: 'thin' | 'full' | 'template'
  readonly template?: Template
  /** Bytes; what would be longer is told in the thin form, cut. */
  readonly maxBodySize: number
  readonly deliveredFor: DeliveredFor
}

/** What is posted. */
export interface Notification {
  readonly body: Uint8Array
  readonly contentType: string
}

/** Makes the body of one notification, which is then kept and sent as it is (WHX-05). */
export function makeNotification(span: Span, eventType: string, form: NotificationForm): Notification {
  const contentType = form.format === 'cloudevents' ? 'application/cloudevents+json' : 'application/json'
  const whole = Buffer.from(textOf(span, eventType, form, false))
  if (whole.length <= form.maxBodySize) return { body: whole, contentType }
  const cut = textOf(span, eventType.slice(0, 150), { ...form, body: 'thin' }, true)
  return { body: Buffer.from(cut), contentType }
}

function textOf(span: Span, eventType: string, form: NotificationForm, cut: boolean): string {
  const { format, body, template } = form
  if (format === 'orchest') return pythonJson(orchestBody(span, eventType, form.deliveredFor))
  if (body === 'template') {
    const filled = fillTemplate(template, span, eventType)
    return format === 'standard' ? JSON.stringify(filled) : eventText(span, eventType, filled)
  }
  const data = body === 'full' ? fullData(span) : thinData(span, cut)
  if (format === 'cloudevents') return eventText(span, eventType, data)
  return JSON.stringify({
    type: standardType(eventType),
    timestamp: timeText(span.endTimeUnixNano || span.startTimeUnixNano),
    data,
  })
}

const eventText = (span: Span, type: string, data: unknown): string =>
  encodeJson(spanEvent(span, { type, data }))

const fullData = (span: Span): unknown => JSON.parse(toOtlpJson(Traces.of([span])))

/** Standard Webhooks wants names of letters, digits, underscores and dots. */
function standardType(eventType: string): string {
  return eventType.replaceAll(':', '.').replaceAll('-', '_')
}
