import type { Traces } from '@spanloom/core'

import type { FramedEvent } from './frames.ts'
import type { FlowSettings } from './invictus/flow-settings.ts'
import { toFlowMessages } from './invictus/messages.ts'
import { shortEnough } from './partition-key.ts'

/** What a batch became as flow traces. */
export interface FlowEvents {
  readonly events: readonly FramedEvent[]
  /** Spans that none of them tells. */
  readonly untold: number
}

/** The events of a batch in the Invictus encoding: one chain's list in each, its id as the partition key. */
export function flowEvents(
  traces: Traces,
  settings: FlowSettings,
  isKeyed: boolean,
  maxBytes: number,
): FlowEvents {
  const { messages, untold } = toFlowMessages(traces, settings, maxBytes)
  return {
    untold,
    events: messages.map(({ body, chainId, traceId, spans }) => ({
      body,
      form: 'invictus' as const,
      spans,
      ...(isKeyed ? { partitionKey: shortEnough(chainId, { traceId }) } : {}),
    })),
  }
}
