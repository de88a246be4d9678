import { span, Traces } from '../../src/traces/index.ts'

let made = 0

/** A batch of `spans` spans that no other batch has. */
export function someTraces(spans = 1, name = 'work'): Traces {
  return Traces.of(
    Array.from({ length: spans }, () => {
      made++
      return span({
        traceId: made.toString(16).padStart(32, '0'),
        spanId: made.toString(16).padStart(16, '0'),
        name,
        startTime: 1n,
        endTime: 2n,
      })
    }),
  )
}

/** The span ids of batches, in order. */
export const idsOf = (batches: readonly Traces[]): string[] =>
  batches.flatMap((batch) => Array.from(batch.spans(), ({ spanId }) => spanId))
