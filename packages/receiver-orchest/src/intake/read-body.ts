import { HttpFault, messageOf, parseJson } from '@spanloom/core'

/** What a delivery of Orchest holds. */
export interface Delivery {
  readonly event: unknown
  /** Name of the subscriber that it was sent for. */
  readonly subscriber: string | undefined
}

/** JSON of the sender's body. @throws HttpFault 400 */
export function readJson(body: Uint8Array): unknown {
  try {
    return parseJson(body, { maxDepth: 64 })
  } catch (error) {
    throw new HttpFault(400, 'invalid_json', messageOf(error))
  }
}

/**
 * A delivery in JSON, or as a form whose fields are JSON (`orchest.md` 2.7).
 *
 * @throws HttpFault 400
 */
export function readDelivery(body: Uint8Array, mediaType: string): Delivery {
  const read = mediaType === 'application/x-www-form-urlencoded' ? readForm(body) : readJson(body)
  if (!isRecord(read)) throw new HttpFault(400, 'invalid_payload', 'The body is no JSON object.')
  const { event, delivered_for: target } = read
  const name = isRecord(target) ? target['name'] : undefined
  return { event, subscriber: typeof name === 'string' ? name.slice(0, 200) : undefined }
}

function readForm(body: Uint8Array): Readonly<Record<string, unknown>> {
  const form = new URLSearchParams(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
  const event = form.get('event')
  if (event === null) throw new HttpFault(400, 'invalid_payload', 'The form has no field "event".')
  const target = form.get('delivered_for')
  return {
    event: readJson(Buffer.from(event)),
    ...(target === null ? {} : { delivered_for: readJson(Buffer.from(target)) }),
  }
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
