import { gunzipSync } from 'node:zlib'

import { parseOtlpJson, Traces } from '@spanloom/core'

import { contentTypes, type FramedEvent } from './frames.ts'
import { fitMessage } from './invictus/fit-message.ts'
import { otlpEvents, tracesOfEvent } from './otlp-events.ts'

/** Events as the hub can take them. */
export interface FittedEvents {
  readonly events: readonly FramedEvent[]
  /** Spans that are too large for the hub one by one. */
  readonly tooLarge: Traces
  /** Size of the largest of them as an event, in bytes. */
  readonly largest: number
  /** Flow-trace events that are too large. */
  readonly flowEventsTooLarge: number
}

/** What an event takes in a batch beside body, key and content type. */
const envelopeBytes = 96
const maxOutputLength = 256 << 20

/** Cuts what is larger than the hub takes; the settings or another hub may have changed since it was stored. */
export function fitEvents(all: readonly FramedEvent[], maxEventSize: number): FittedEvents {
  const events: FramedEvent[] = []
  const tooLarge: Traces[] = []
  let largest = 0
  let flowEventsTooLarge = 0
  for (const event of all) {
    const maxBytes = Math.max(1, maxEventSize - overheadOf(event))
    if (event.body.length <= maxBytes) events.push(event)
    else if (event.form === 'invictus') {
      const fitted = fitMessage(event.body, maxBytes)
      flowEventsTooLarge += fitted.tooLarge
      for (const [index, body] of fitted.bodies.entries()) {
        events.push({ ...event, body, spans: index === 0 ? event.spans : 0 })
      }
    } else {
      for (const piece of cut(event, maxBytes)) {
        if (piece.body.length <= maxBytes) events.push(piece)
        else {
          tooLarge.push(tracesOf(piece))
          largest = Math.max(largest, piece.body.length)
        }
      }
    }
  }
  return { events, tooLarge: Traces.concat(tooLarge), largest, flowEventsTooLarge }
}

/** The spans of events of OTLP. */
export function tracesOfEvents(events: readonly FramedEvent[]): Traces {
  return Traces.concat(events.map(tracesOf))
}

/** Bytes that an event takes beside its body. */
export function overheadOf({ partitionKey = '', form }: Omit<FramedEvent, 'body' | 'spans'>): number {
  return envelopeBytes + Buffer.byteLength(partitionKey) + contentTypes[form].length
}

function cut(event: FramedEvent, maxBytes: number): readonly FramedEvent[] {
  return otlpEvents(
    tracesOf(event),
    {
      encoding: event.form === 'otlp_json' ? 'otlp_json' : 'otlp_proto',
      compression: event.compression ?? 'none',
      partitionKeyOf: () => event.partitionKey,
    },
    maxBytes,
  )
}

function tracesOf(event: FramedEvent): Traces {
  return tracesOfEvent(event, {
    unzip: (body) => gunzipSync(body, { maxOutputLength }),
    json: (body) => parseOtlpJson(body),
  })
}
