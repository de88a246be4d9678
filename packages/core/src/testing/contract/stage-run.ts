import type { TracesConsumer } from '../../component/consumer.ts'
import type { Traces } from '../../traces/traces.ts'
import type { TestTelemetry } from '../telemetry.ts'
import { TracesSink } from '../traces-sink.ts'
import type { TestedFactory } from './check.ts'
import type { Stage, StageContract } from './contracts.ts'
import { demand } from './demand.ts'
import { type Living, whileTimePasses, withRunning } from './life.ts'
import { sampleTraces } from './sample-traces.ts'

/** What a stage is given in the tests of its contract. */
export function inputOf({ input = sampleTraces(12) }: StageContract): readonly Traces[] {
  demand(input.length > 0, 'The contract names no input.')
  return input
}

/** Hands `input` to a running stage, batch after batch. */
export async function feed({ component, clock }: Living<Stage>, input: readonly Traces[]): Promise<void> {
  const { signal } = new AbortController()
  for (const traces of input) await whileTimePasses(clock, component.consumeTraces(traces, { signal }))
}

/** A whole life: takes `input`, lets its clock run and shuts down. What comes out is in `next`. */
export function runStage<Result = void>(
  factory: TestedFactory<Stage>,
  contract: StageContract,
  next: TracesConsumer,
  work: (living: Living<Stage>) => Promise<Result>,
): Promise<Result> {
  return withRunning(factory, contract, { next }, async (living) => {
    const result = await work(living)
    await living.clock.advance(contract.runMs ?? 0)
    return result
  })
}

/** What a stage makes of `input` in a whole life. */
export async function outputOf(
  factory: TestedFactory<Stage>,
  contract: StageContract,
  input: readonly Traces[],
): Promise<readonly Traces[]> {
  const sink = new TracesSink()
  await runStage(factory, contract, sink, (living) => feed(living, input))
  return sink.batches
}

/** The bookkeeping identity of one stage (TEL-10): what came in is out, dropped, merged or held. */
export function demandBalance(incoming: number, outgoing: number, telemetry: TestTelemetry): void {
  const dropped = [...telemetry.dropped.values()].reduce((sum, count) => sum + count, 0)
  const { merged, created } = telemetry.counts
  const held = telemetry.heldNow()
  demand(
    incoming + created === outgoing + dropped + merged + held,
    `The books do not balance: ${incoming} spans came in and ${created} were created, ` +
      `but ${outgoing} went out, ${dropped} were dropped, ${merged} merged and ${held} are held.`,
  )
}

/** How many spans the batches hold. */
export const countOf = (batches: readonly Traces[]): number =>
  batches.reduce((sum, { spanCount }) => sum + spanCount, 0)
