import type { Traces } from '@spanloom/core'

import { flowEvents } from './flow-events.ts'
import type { EventForm, FramedEvent } from './frames.ts'
import type { FlowSettings } from './invictus/flow-settings.ts'
import { otlpEvents } from './otlp-events.ts'
import { partitionKeyOf } from './partition-key.ts'

/** What decides how a batch becomes events. */
export interface EncoderSettings {
  readonly encoding: EventForm
  readonly partitionKey: string
  readonly compression: 'none' | 'gzip'
  readonly flow: FlowSettings
}

/** The events of a batch, each of at most `maxBytes` where that can be. */
export type EncodeEvents = (traces: Traces, maxBytes: number) => Encoded

/** What a batch became. */
export interface Encoded {
  readonly events: readonly FramedEvent[]
  /** Spans that no event tells. */
  readonly untold: number
}

/** Prepares the encoding; it keeps nothing between batches. */
export function createEventEncoder(settings: EncoderSettings): EncodeEvents {
  const { encoding, partitionKey, compression, flow } = settings
  if (encoding === 'invictus') {
    return (traces, maxBytes) => flowEvents(traces, flow, partitionKey !== 'none', maxBytes)
  }
  const options = { encoding, compression, partitionKeyOf: partitionKeyOf(partitionKey) }
  return (traces, maxBytes) => ({ events: otlpEvents(traces, options, maxBytes), untold: 0 })
}
