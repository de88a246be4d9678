import { sleep } from '../../clock/clock.ts'
import {
  grpcStatusOf,
  isPermanent,
  PermanentError,
  retryAfterMs,
  ThrottleError,
} from '../../errors/errors.ts'
import type { Traces } from '../../traces/traces.ts'
import { TracesSink } from '../traces-sink.ts'
import type { TestedFactory } from './check.ts'
import type { Stage, StageContract } from './contracts.ts'
import { demand, inWords } from './demand.ts'
import { type FlakyStage, flakyStage } from './flaky-stage.ts'
import { whileTimePasses, withRunning } from './life.ts'
import { spanKey, spanKeys, tally } from './span-key.ts'
import { countOf, demandBalance, feed, inputOf, outputOf, runStage } from './stage-run.ts'
import { calm, eventually } from './waiting.ts'

const senderCount = 4
const seeds = [1, 2, 3]
const mostAttempts = 100
const { signal } = new AbortController()

/** A stage that holds nothing lets its sender know what the next one said: whether and when to try again. */
export async function checkPassesErrorsBack(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  const sink = new TracesSink()
  await withRunning(factory, contract, { next: sink }, async ({ component, clock }) => {
    for (const refusal of [
      new PermanentError('DATA_REFUSED', 'Nobody will ever want this.', { grpcStatus: 3 }),
      new ThrottleError('MEMORY_PRESSURE', 'There is no memory left.', {
        grpcStatus: 14,
        retryAfterMs: 1_500,
      }),
      new Error('A fault of ours.'),
    ]) {
      sink.refuseWith(refusal)
      const calls = sink.calls
      const outcomes = await whileTimePasses(
        clock,
        Promise.allSettled(inputOf(contract).map((traces) => component.consumeTraces(traces, { signal }))),
      )
      demand(sink.calls > calls, 'No span of the contract reaches the next stage.')
      const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      demand(errors.length > 0, `The stage swallows the ${refusal.name} of the next stage.`)
      for (const error of errors)
        demand(
          isPermanent(error) === isPermanent(refusal) &&
            retryAfterMs(error) === retryAfterMs(refusal) &&
            grpcStatusOf(error) === grpcStatusOf(refusal),
          `The stage makes another error of the ${refusal.name} of the next stage: ${inWords(error)}`,
        )
    }
  })
}

/** A stage that holds nothing takes a batch only when the next one has it: that is what slows a sender down. */
export async function checkStageWaitsForNextStage(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  const sink = new TracesSink()
  await withRunning(factory, contract, { next: sink }, async ({ component, clock }) => {
    sink.block()
    try {
      for (const traces of inputOf(contract)) {
        let done = false
        const settled = (): void => void (done = true)
        component.consumeTraces(traces, { signal }).then(settled, settled)
        await eventually(() => done || sink.calls > 0, 'The stage gives no answer.', {
          between: () => clock.advance(20),
        })
        await calm(
          () => (done ? 1 : 0),
          () => clock.advance(1),
        )
        // A batch of which nothing is left needs no next stage.
        if (sink.calls === 0) continue
        demand(!done, 'The stage took a batch that the next stage has not taken yet.')
        return
      }
      demand(false, 'No span of the contract reaches the next stage.')
    } finally {
      sink.release()
    }
  })
}

/**
 * Four senders against a next stage that fails at random. What the stage took must arrive; one that holds
 * spans back may give up on some, but says so in its books. It is given time after each batch, so that it
 * meets the next stage more than once.
 */
export async function checkStageLosesNothing(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  const input = inputOf(contract)
  const expected = contract.holds === true ? [] : await outputOf(factory, contract, input)
  for (const seed of seeds) {
    const next = flakyStage({ seed })
    const { telemetry } = await runStage(factory, contract, next, async (living) => {
      const queue = input.values()
      const senders = Array.from({ length: senderCount }, async () => {
        for (const traces of queue) {
          await consumeUntilTaken(living.component, traces)
          if (contract.holds === true) await sleep(living.clock, contract.runMs ?? 0)
        }
      })
      await whileTimePasses(living.clock, Promise.all(senders))
      return living
    })
    if (contract.holds === true) demandBalance(countOf(input), next.taken.length, telemetry)
    else demandAllTaken(expected, next)
  }
}

async function consumeUntilTaken(stage: Stage, traces: Traces): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    try {
      await stage.consumeTraces(traces, { signal })
      return
    } catch (error) {
      demand(!isPermanent(error), `The next stage was only busy, but the sender was told: ${inWords(error)}`)
    }
  }
  demand(false, `A sender was asked to try again ${mostAttempts} times.`)
}

function demandAllTaken(expected: readonly Traces[], { taken }: FlakyStage): void {
  const arrived = tally(taken.map(spanKey))
  for (const [key, count] of tally(spanKeys(expected)))
    demand((arrived.get(key) ?? 0) >= count, 'A span that the stage took did not reach the next stage.')
}

/** At every moment: in + created = out + dropped + merged + held (TEL-10); nothing is held after the end. */
export async function checkAccountsForEverySpan(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  const input = inputOf(contract)
  const sink = new TracesSink()
  const { telemetry } = await runStage(factory, contract, sink, async (living) => {
    for (const [index, traces] of input.entries()) {
      await feed(living, [traces])
      demandBalance(countOf(input.slice(0, index + 1)), sink.spanCount, living.telemetry)
    }
    return living
  })
  demand(telemetry.heldNow() === 0, `The stage still holds ${telemetry.heldNow()} spans after its shutdown.`)
  demandBalance(countOf(input), sink.spanCount, telemetry)
}

/** Spans that were taken early and then nobody wanted are counted as dropped. */
export async function checkAccountsForRefusedSpans(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  const input = inputOf(contract)
  const sink = new TracesSink()
  sink.refuseWith(new PermanentError('DATA_REFUSED', 'Nobody will ever want this.'))
  let taken = 0
  const { telemetry } = await runStage(factory, contract, sink, async (living) => {
    for (const traces of input) {
      await feed(living, [traces]).then(
        () => (taken += traces.spanCount),
        // The sender knows, and keeps the spans.
        () => undefined,
      )
    }
    return living
  })
  demandBalance(taken, sink.spanCount, telemetry)
}
