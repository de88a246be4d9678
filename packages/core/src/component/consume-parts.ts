import { isPermanent } from '../errors/errors.ts'
import { Traces } from '../traces/traces.ts'
import type { ConsumeContext, TracesConsumer } from './consumer.ts'

/**
 * Hands on what came as several parts, such as the events of a batch: together, or one by one when together they are
 * refused for good, so that one bad part takes no other with it. Resolves with the errors of the parts that are
 * refused for good, by their number; everything else was taken.
 *
 * Rejects when the next stage cannot take something now: then all parts have to be handed on again.
 */
export async function consumeParts(
  next: TracesConsumer,
  parts: readonly Traces[],
  context: ConsumeContext,
): Promise<ReadonlyMap<number, unknown>> {
  const refused = new Map<number, unknown>()
  const whole = Traces.concat(parts)
  if (whole.spanCount === 0) return refused
  try {
    await next.consumeTraces(whole, context)
    return refused
  } catch (error) {
    if (!isPermanent(error)) throw error
  }
  for (const [number, part] of parts.entries()) {
    if (part.spanCount === 0) continue
    try {
      await next.consumeTraces(part, context)
    } catch (error) {
      if (!isPermanent(error)) throw error
      refused.set(number, error)
    }
  }
  return refused
}
