import { testHost } from '../create.ts'
import { TracesSink } from '../traces-sink.ts'
import type { TestedFactory } from './check.ts'
import type { Stage, StageContract } from './contracts.ts'
import { demand } from './demand.ts'
import { demandNothingEscapes, refusals, watchedMs } from './escape-checks.ts'
import { abandon, create, withRunning } from './life.ts'
import { demandNothingLeftOpen } from './open-resources.ts'
import { checkKeepsSecrets } from './secret-checks.ts'
import { demandTimelyShutdown } from './shutdown-deadline.ts'
import { feed, inputOf, runStage } from './stage-run.ts'
import { patienceMs, settlesWithin } from './waiting.ts'

/** A stage gives up on a next stage that does not answer when its shutdown's signal aborts. */
export async function checkStageShutsDownWithOpenCall(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  const sink = new TracesSink()
  const { component, clock } = create(factory, contract, { next: sink })
  await component.start(testHost(contract.extensions))
  sink.block()
  const { signal } = new AbortController()
  const calls = Promise.allSettled(
    inputOf(contract).map((traces) => component.consumeTraces(traces, { signal })),
  )
  try {
    await clock.advance(contract.runMs ?? 0)
    await demandTimelyShutdown(component)
    sink.release()
    demand(await settlesWithin(calls, patienceMs), 'The sender gets no answer after the shutdown.')
  } finally {
    sink.release()
    await abandon(component)
  }
}

/** After its shutdown a stage has no file, socket or timer any more. */
export function checkStageLeavesNothingOpen(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  return demandNothingLeftOpen(async () => {
    const { clock } = await runStage(factory, contract, new TracesSink(), async (living) => {
      await feed(living, inputOf(contract))
      return living
    })
    demand(clock.pending === 0, 'The stage left a timer behind after its shutdown.')
  })
}

/** No secret of a stage's settings is told, in success or in failure. */
export function checkStageKeepsSecrets(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  return checkKeepsSecrets(factory, contract, (living) => feed(living, inputOf(contract)))
}

/** Whatever the next stage answers, no error of a stage reaches nobody. */
export function checkStageCatchesItsErrors(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  return demandNothingEscapes(async () => {
    const sink = new TracesSink()
    await withRunning(factory, contract, { next: sink }, async (living) => {
      for (const refusal of refusals) {
        sink.refuseWith(refusal)
        await settlesWithin(feed(living, inputOf(contract)), patienceMs)
        await living.clock.advance(contract.runMs ?? 0)
      }
      await living.clock.advance(watchedMs)
    })
  })
}
