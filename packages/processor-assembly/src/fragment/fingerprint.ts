import { hash } from 'node:crypto'

import type { Fragment } from './fragment.ts'

/**
 * What a fragment is recognised by: its event id, else its bytes, control attributes included and resource and
 * scope not (`assembly.md` section 3). 16 characters of one byte each.
 */
export function fingerprintOf({ eventId, buffer, from, to }: Fragment): string {
  // An event id must not look like the bytes of a span, which never begin with 0.
  const text = eventId === '' ? buffer.subarray(from, to) : `\0${eventId}`
  return hash('sha256', text, 'binary').slice(0, 16)
}
