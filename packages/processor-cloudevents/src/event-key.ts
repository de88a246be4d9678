import { hash } from 'node:crypto'

import type { EventFacts } from './event-facts.ts'

/**
 * What identifies an event: its source and its id, compared as they are (C-ID-1). A digest, so that a key takes the
 * same room however long they are. Undefined when one of them is not known.
 */
export function eventKey({ id, source }: EventFacts): string | undefined {
  if (id === undefined || source === undefined) return undefined
  // A character that CloudEvents forbids in both keeps them apart.
  return hash('sha256', `${source}\u0000${id}`, 'base64url').slice(0, 32)
}
