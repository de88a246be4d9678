import type { Traces } from '../traces/traces.ts'
import type { Component } from './component.ts'
import type { ConsumeContext, TracesConsumer } from './consumer.ts'

/**
 * A processor that holds nothing back: hands on what `change` makes of a batch, and nothing when no span is left.
 *
 * `change` must not fail for any span that reached it; what it throws goes back to the sender. `dropped` hears how
 * many spans `change` took out, once the others were taken: a batch that is refused comes again and counts then.
 */
export function statelessProcessor(
  next: TracesConsumer,
  change: (traces: Traces, context: ConsumeContext) => Traces,
  dropped?: (spans: number) => void,
): Component & TracesConsumer {
  return {
    start: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    async consumeTraces(traces, context) {
      const changed = change(traces, context)
      if (changed.spanCount > 0) await next.consumeTraces(changed, context)
      if (changed.spanCount < traces.spanCount) dropped?.(traces.spanCount - changed.spanCount)
    },
  }
}
