import type { CloudEvent } from '@spanloom/cloudevents'
import type { Traces } from '@spanloom/core/traces'
import { TracesBuilder } from '@spanloom/core/traces'

import type { Metrics } from './metrics.ts'
import type { Delivery, EventSpanMaker } from './spans/event-spans.ts'

/** An event with the circumstances of its arrival. */
export interface Arrival {
  readonly event: CloudEvent
  readonly delivery: Delivery
}

/** The spans of events that end here. */
export function sinkTraces(
  arrivals: readonly Arrival[],
  {
    spans,
    metrics,
    endedAt,
  }: { readonly spans: EventSpanMaker; readonly metrics: Metrics; readonly endedAt: bigint },
): Traces {
  const builder = new TracesBuilder()
  for (const { event, delivery } of arrivals) {
    const made = spans.make(event, delivery, endedAt)
    metrics.taken(event, made.isInvalid)
    if (made.create !== undefined) builder.add(made.create)
    if (made.process !== undefined) builder.add(made.process)
  }
  return builder.build()
}

/** How often an event came before; counts on. */
export function repetitionOf({ source, id }: CloudEvent, seen: Map<string, number>): number {
  const key = `${source}\u0000${id}`
  const count = seen.get(key) ?? 0
  seen.set(key, count + 1)
  return count
}
