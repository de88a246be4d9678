import { createHash } from 'node:crypto'

import type { Span } from '@spanloom/core'

import { uuidText } from '../body/uuid-text.ts'

/**
 * The id of a delivery (WHX-02): a UUID made of the endpoint's name and the very bytes of the span, so that a span that
 * comes again after a crash upstream has the id that it had, while another endpoint, or a later state of the span, has
 * another.
 */
export function deliveryId(endpoint: string, span: Span): string {
  const digest = createHash('sha256').update(endpoint).update('\0').update(span.bytes).digest()
  // RFC 9562 version 8: a UUID of one's own making.
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  return uuidText(digest.toString('hex', 0, 16))
}
