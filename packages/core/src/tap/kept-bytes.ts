import { Traces } from '../traces/traces.ts'

/** A batch may keep alive so many times its own bytes, and so much in any case. */
const factor = 4
const slackBytes = 65_536

/**
 * The batch in a form that may be kept: itself, unless it is a small part of a large block of memory, which it would
 * keep alive as a whole; then a copy.
 */
export function withoutLargeBlocks(traces: Traces): Traces {
  const blocks = new Set(traces.chunks.map(({ buffer }) => buffer))
  let alive = 0
  for (const { byteLength } of blocks) alive += byteLength
  return alive <= factor * traces.byteLength + slackBytes
    ? traces
    : Traces.trusted(Buffer.concat(traces.chunks))
}
