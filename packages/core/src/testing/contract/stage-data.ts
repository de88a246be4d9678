import { Traces } from '../../traces/traces.ts'
import type { TestedFactory } from './check.ts'
import type { Stage, StageContract } from './contracts.ts'
import { demand } from './demand.ts'
import { linkMark, marked, resourceMark, unknownField } from './sample-traces.ts'
import { bytesOf, spanKeys, spansOf } from './span-key.ts'
import { countOf, inputOf, outputOf } from './stage-run.ts'

/** Traces are shared with other branches of the pipeline: a stage never writes into them (CMP-08). */
export async function checkKeepsInput(factory: TestedFactory<Stage>, contract: StageContract): Promise<void> {
  const input = inputOf(contract)
  const before = input.map(bytesOf)
  await outputOf(factory, contract, input)
  for (const [index, traces] of input.entries())
    demand(before[index]?.equals(bytesOf(traces)) === true, 'The stage changed the bytes of its input.')
}

/** A span keeps links, resource attributes and fields of later protocol versions, whatever else is done to it. */
export async function checkKeepsWhatItDoesNotKnow(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  const output = await outputOf(factory, contract, inputOf(contract).map(marked))
  demand(countOf(output) > 0, 'No span of the contract comes out.')
  for (const span of spansOf(output)) {
    demand(
      span.links.some(({ traceId, spanId }) => traceId === linkMark.traceId && spanId === linkMark.spanId),
      `The span "${span.name}" lost a link.`,
    )
    demand(
      span.resource.attribute(resourceMark) === 'kept',
      `The span "${span.name}" lost an attribute of its resource.`,
    )
    for (const [what, bytes] of [
      ['The span', span.bytes],
      ['The resource of the span', span.resource.bytes],
      ['The scope of the span', span.scope.bytes],
    ] as const)
      demand(
        Buffer.from(bytes).includes(unknownField),
        `${what} "${span.name}" lost a field that it does not know.`,
      )
  }
}

/** Equal input gives equal output, so that what is delivered twice is recognisable. */
export async function checkGivesEqualOutput(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  const input = inputOf(contract)
  const first = spanKeys(await outputOf(factory, contract, input))
  const second = spanKeys(await outputOf(factory, contract, input))
  demand(first.length > 0, 'No span of the contract comes out.')
  demand(
    first.length === second.length && first.every((key, index) => key === second[index]),
    'Two instances make different spans of equal input.',
  )
}

/** A batch without spans is taken silently, and the next stage is not bothered with it (CMP-06). */
export async function checkTakesEmptyBatches(
  factory: TestedFactory<Stage>,
  contract: StageContract,
): Promise<void> {
  const output = await outputOf(factory, contract, [Traces.empty])
  demand(output.length === 0, 'The stage hands on a batch for an empty one.')
}
