import type { Traces } from '@spanloom/core'

import { tracesOfEvents } from './fitted-events.ts'
import { decodeFrames } from './frames.ts'

export { framesMediaType } from './frames.ts'

/**
 * The spans in a stored request, for tools; `undefined` when it holds flow-trace events.
 *
 * @throws PermanentError when the bytes are no list of events.
 */
export function tracesOfStoredBody(bytes: Uint8Array): Traces | undefined {
  const events = decodeFrames(bytes)
  return events.some(({ form }) => form === 'invictus') ? undefined : tracesOfEvents(events)
}
