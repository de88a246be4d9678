import { orchestSignature, standardSignature } from './signature.ts'

/** What the headers of one attempt are made of. */
export interface AttemptFacts {
  readonly id: string
  readonly eventType: string
  readonly format: 'standard' | 'cloudevents' | 'orchest'
  readonly contentType: string
  readonly body: Uint8Array
  readonly secrets: readonly string[]
  /** Headers of the user, lower-cased. */
  readonly headers: readonly (readonly [string, string])[]
  readonly userAgent: string
  /** Unix milliseconds of this attempt. */
  readonly nowMs: number
}

/** Whether a header of the user would contradict what the exporter itself says (section 7). */
export function isReservedHeader(name: string): boolean {
  return /^(webhook-.*|content-.*|host|connection|transfer-encoding|expect|upgrade|keep-alive)$/i.test(name)
}

/** The headers of one attempt; the signature is made anew, because its time is that of the attempt (WHX-03). */
export function attemptHeaders(facts: AttemptFacts): Record<string, string> {
  const { format, headers, contentType } = facts
  const own = format === 'orchest' ? orchestHeaders(facts) : standardHeaders(facts)
  return { ...Object.fromEntries(headers), 'content-type': contentType, ...own }
}

function standardHeaders({ id, nowMs, secrets, body, userAgent }: AttemptFacts): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1000)
  return {
    'user-agent': userAgent,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...(secrets.length === 0 ? {} : { 'webhook-signature': standardSignature(secrets, id, timestamp, body) }),
  }
}

function orchestHeaders({ id, eventType, secrets: [secret], body }: AttemptFacts): Record<string, string> {
  return {
    'user-agent': 'Orchest',
    'x-orchest-event': headerText(eventType),
    'x-orchest-delivery': id,
    ...(secret === undefined ? {} : { 'x-hub-signature': orchestSignature(secret, body) }),
  }
}

/** The type may be the name of any span: what cannot be in a header is left out of it. */
const headerText = (text: string): string =>
  text
    .replaceAll(/[^\x20-\x7e]/g, '')
    .trim()
    .slice(0, 150)
