import { setImmediate as turn } from 'node:timers/promises'

import type { TracesConsumer } from '../../component/consumer.ts'
import { isPermanent, PermanentError, RetryableError } from '../../errors/errors.ts'
import type { Span } from '../../traces/span.ts'
import type { Traces } from '../../traces/traces.ts'
import { seededRandom } from './random.ts'

/** How often a flaky stage refuses, as shares of all calls. */
export interface FlakyStageOptions {
  /** Equal seeds refuse the same calls. */
  readonly seed: number
  /** Share of calls refused for now. Default 0.4. */
  readonly busy?: number
  /** Share of calls refused for good. Default 0. */
  readonly never?: number
}

/** A next stage that fails at random, and answers in another order than it was asked. */
export interface FlakyStage extends TracesConsumer {
  /** Spans of the calls that it took. */
  readonly taken: readonly Span[]
  /** Every call that it refused, with its spans. */
  readonly refused: readonly { readonly spans: readonly Span[]; readonly permanent: boolean }[]
  /** Refuses nothing from now on. */
  calm(): void
}

/** Makes a stage that takes or refuses each call as the seed says. */
export function flakyStage({ seed, busy = 0.4, never = 0 }: FlakyStageOptions): FlakyStage {
  const random = seededRandom(seed)
  const taken: Span[] = []
  const refused: { spans: readonly Span[]; permanent: boolean }[] = []
  let calm = false

  const refuse = (traces: Traces, error: Error): never => {
    refused.push({ spans: [...traces.spans()], permanent: isPermanent(error) })
    throw error
  }

  return {
    taken,
    refused,
    calm: () => void (calm = true),
    async consumeTraces(traces) {
      const luck = calm ? 1 : random()
      for (let turns = Math.floor(random() * 4); turns > 0; turns--) await turn()
      if (luck < never) refuse(traces, new PermanentError('DATA_REFUSED', 'Nobody will ever want this.'))
      if (luck < never + busy) refuse(traces, new RetryableError('QUEUE_FULL', 'The queue is full.'))
      taken.push(...traces.spans())
    },
  }
}
