import type { ConsumeContext, TracesConsumer } from '../component/consumer.ts'
import {
  grpcStatusOf,
  isPermanent,
  messageOf,
  PermanentError,
  RetryableError,
  retryAfterMs,
} from '../errors/errors.ts'
import type { Boundary } from '../tap/boundary.ts'
import type { Traces } from '../traces/traces.ts'

/**
 * Hands the same data to every stage; see {@link Junction}. A single stage stands for itself.
 */
export function fanOut(stages: readonly TracesConsumer[]): TracesConsumer {
  const [only] = stages
  return only !== undefined && stages.length === 1 ? only : new Junction(stages)
}

/**
 * Hands the same data to every stage, also when one of them fails (CMP-09). Values are immutable, so no
 * stage needs a copy (CMP-08).
 *
 * When some stages took a batch and others refused it, a caller that hands in the same `Traces` again
 * reaches only those that had refused: a failing branch does not re-send to a healthy one.
 *
 * Rejects with the stage's own error if one failed, else with a combined one: permanent only if every
 * failure is, otherwise retryable after the longest of the delays.
 */
export class Junction implements TracesConsumer {
  #stages: readonly TracesConsumer[]
  readonly #boundary: Boundary | undefined
  /** Stages that already took a batch which others refused. */
  readonly #taken = new WeakMap<Traces, ReadonlySet<TracesConsumer>>()

  /** What is handed on passes `boundary`, where it may be watched. */
  constructor(stages: readonly TracesConsumer[] = [], boundary?: Boundary) {
    this.#stages = stages
    this.#boundary = boundary
  }

  /** Hands data to these stages from now on. Calls that are under way end where they are. */
  connect(stages: readonly TracesConsumer[]): void {
    this.#stages = stages
  }

  consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
    this.#boundary?.pass(traces)
    const taken = this.#taken.get(traces)
    const [only] = this.#stages
    return taken === undefined && only !== undefined && this.#stages.length === 1
      ? only.consumeTraces(traces, context)
      : this.#consumeInAll(traces, context, taken)
  }

  async #consumeInAll(
    traces: Traces,
    context: ConsumeContext,
    taken: ReadonlySet<TracesConsumer> | undefined,
  ): Promise<void> {
    const due = taken === undefined ? this.#stages : this.#stages.filter((stage) => !taken.has(stage))
    const outcomes = await Promise.allSettled(
      // A stage that throws at once must not keep the data from the others.
      due.map(async (stage) => stage.consumeTraces(traces, context)),
    )
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    if (failures.length === 0) {
      if (taken !== undefined) this.#taken.delete(traces)
      return
    }
    if (taken !== undefined || failures.length < due.length) {
      const took = due.filter((_, index) => outcomes[index]?.status === 'fulfilled')
      this.#taken.set(traces, new Set([...(taken ?? []), ...took]))
    }
    throw combineFailures(failures)
  }
}

/** One error that says what the sender has to know about several. */
export function combineFailures(failures: readonly unknown[]): unknown {
  if (failures.length === 1) return failures[0]
  const retryable = failures.filter((failure) => !isPermanent(failure))
  const message = [...new Set(failures.map(messageOf))].join('; ')
  const cause = new AggregateError(failures, message)
  if (retryable.length === 0) {
    return new PermanentError('FAN_OUT_REFUSED', message, { cause, ...statusOf(sharedStatus(failures)) })
  }
  const delays = retryable.flatMap((failure) => retryAfterMs(failure) ?? [])
  return new RetryableError('FAN_OUT_REFUSED', message, {
    cause,
    ...statusOf(sharedStatus(retryable)),
    ...(delays.length === 0 ? {} : { retryAfterMs: Math.max(...delays) }),
  })
}

/** The status that all failures carry; failures of different kinds leave the choice to the receiver. */
function sharedStatus(failures: readonly unknown[]): number | undefined {
  const [first, ...rest] = new Set(failures.map(grpcStatusOf))
  return rest.length === 0 ? first : undefined
}

function statusOf(grpcStatus: number | undefined): { readonly grpcStatus?: number } {
  return grpcStatus === undefined ? {} : { grpcStatus }
}
