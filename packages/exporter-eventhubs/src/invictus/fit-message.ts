import { PermanentError } from '@spanloom/core'

import type { FlowEvent } from './flow-event.ts'

/** A message in parts that fit. */
export interface FittedMessage {
  readonly bodies: readonly Buffer[]
  /** Events that do not fit alone, even shortened. */
  readonly tooLarge: number
}

type Draft = { -readonly [K in keyof FlowEvent]: FlowEvent[K] }

const brackets = 2

/**
 * Cuts a message that is larger than the hub takes between its events. An event that is too large alone loses the
 * ends of its business properties, the longest first, then that of its error's description (`invictus.md` 9.4).
 *
 * @throws PermanentError `BODY_DAMAGED` when the body is no message of ours.
 */
export function fitMessage(body: Uint8Array, maxBytes: number): FittedMessage {
  const bodies: Buffer[] = []
  let part: string[] = []
  let bytes = brackets
  let tooLarge = 0
  const close = (): void => {
    if (part.length > 0) bodies.push(Buffer.from(`[${part.join(',')}]`))
    part = []
    bytes = brackets
  }
  for (const event of eventsIn(body)) {
    const json = fittedEvent(event, maxBytes - brackets)
    if (json === undefined) {
      tooLarge++
      continue
    }
    const size = Buffer.byteLength(json) + 1
    if (bytes + size > maxBytes + 1) close()
    part.push(json)
    bytes += size
  }
  close()
  return { bodies, tooLarge }
}

function eventsIn(body: Uint8Array): readonly FlowEvent[] {
  try {
    const events: unknown = JSON.parse(Buffer.from(body).toString())
    if (Array.isArray(events)) return events as readonly FlowEvent[]
  } catch {
    // Told below, without the text.
  }
  throw new PermanentError('BODY_DAMAGED', 'The stored message is no list of events.')
}

/** The event as JSON of at most `max` bytes, shortened where needed; `undefined` when it cannot be. */
function fittedEvent(event: FlowEvent, max: number): string | undefined {
  const draft: Draft = { ...event }
  for (;;) {
    const json = JSON.stringify(draft)
    const excess = Buffer.byteLength(json) - max
    if (excess <= 0) return json
    if (!shortenData(draft, excess) && !shortenError(draft)) return undefined
  }
}

/** Takes at least a part of `excess` off the longest business property; false when there is nothing to take. */
function shortenData(draft: Draft, excess: number): boolean {
  const data = Object.entries(draft.Properties?.Data ?? {})
  const longest = data.reduce<readonly [string, string]>(
    (a, b) => (b[1].length > a[1].length ? b : a),
    ['', ''],
  )
  const [name, value] = longest
  if (value === '') return false
  const shorter: Record<string, string> = Object.assign(Object.create(null), Object.fromEntries(data))
  shorter[name] = cut(value, value.length - Math.max(1, Math.ceil(excess / 6)))
  draft.Properties = { ...draft.Properties, Data: shorter }
  return true
}

function shortenError(draft: Draft): boolean {
  const text = draft.Error?.Description
  if (text === undefined || text === '') return false
  const shorter = cut(text, Math.floor(text.length / 2))
  draft.Error = { ...draft.Error, Description: shorter, Message: shorter }
  return true
}

/** The first `length` characters, but no half of a pair at the end. */
function cut(text: string, length: number): string {
  const end = Math.max(0, length)
  const last = text.charCodeAt(end - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end)
}
