import type { ConnectorFactory, ProcessorFactory } from '../../component/define.ts'
import type { ContractCheck, TestedFactory } from './check.ts'
import type { Stage, StageContract } from './contracts.ts'
import { checkShutsDownTwice } from './life-checks.ts'
import { mending } from './mending.ts'
import { registerContract } from './register.ts'
import { checkIsCreatedQuietly, checkNamesUnknownSettings } from './settings-checks.ts'
import {
  checkAccountsForEverySpan,
  checkAccountsForRefusedSpans,
  checkPassesErrorsBack,
  checkStageLosesNothing,
  checkStageWaitsForNextStage,
} from './stage-bookkeeping.ts'
import {
  checkGivesEqualOutput,
  checkKeepsInput,
  checkKeepsWhatItDoesNotKnow,
  checkTakesEmptyBatches,
} from './stage-data.ts'
import {
  checkStageCatchesItsErrors,
  checkStageKeepsSecrets,
  checkStageLeavesNothingOpen,
  checkStageShutsDownWithOpenCall,
} from './stage-life.ts'

const passesOn = ({ holds = false }: StageContract): boolean => !holds

const books =
  'Call `telemetry.accounting`: `dropped(count, reason)` for spans that are taken out, `merged` and `created` where their number changes, `held` for those kept back.'

/** The promises of every processor and every connector. */
export const stageChecks: readonly ContractCheck<TestedFactory<Stage>, StageContract>[] = [
  {
    name: 'names a setting that it does not know',
    mend: mending.unknownSettings,
    run: checkNamesUnknownSettings,
  },
  {
    name: 'is created without I/O, timers or handles',
    mend: mending.quietCreation,
    run: checkIsCreatedQuietly,
  },
  { name: 'does not change its input', mend: mending.ownInput, run: checkKeepsInput },
  {
    name: 'keeps links, resources and fields that it does not know',
    mend: 'Change spans with `span.with(...)` or `traces.map(...)`, which keep everything else, instead of building them anew. For a component that is there to remove such things, set `redacts: true` in the contract.',
    run: checkKeepsWhatItDoesNotKnow,
    applies: ({ redacts = false }) => !redacts,
  },
  {
    name: 'gives equal output for equal input',
    mend: 'Let the output depend on input and settings alone, not on a clock, counter or random number: then a repeated span is recognised.',
    run: checkGivesEqualOutput,
  },
  {
    name: 'takes an empty batch and hands on nothing for it',
    mend: 'Call `next.consumeTraces` only when `spanCount` is above 0, as `statelessProcessor` does.',
    run: checkTakesEmptyBatches,
  },
  {
    name: 'takes a batch only after the next stage took it',
    mend: 'Await `next.consumeTraces(...)`, as `statelessProcessor` does. For a component that keeps spans back on purpose, set `holds: true` in the contract.',
    run: checkStageWaitsForNextStage,
    applies: passesOn,
  },
  {
    name: 'passes the errors of the next stage back',
    mend: 'Let the rejection of `next.consumeTraces` go through as it is: the sender needs to know whether and when to try again.',
    run: checkPassesErrorsBack,
    applies: passesOn,
  },
  {
    name: 'loses nothing while the next stage fails at random',
    mend: 'Resolve only when everything that was made of the batch was taken; what is given up later is counted with `telemetry.accounting.dropped`.',
    run: checkStageLosesNothing,
  },
  { name: 'accounts for every span', mend: books, run: checkAccountsForEverySpan },
  {
    name: 'accounts for spans that the next stage refused for good',
    mend: books,
    run: checkAccountsForRefusedSpans,
    applies: (contract) => !passesOn(contract),
  },
  {
    name: 'lets no error escape from its callbacks',
    mend: mending.caughtErrors,
    run: checkStageCatchesItsErrors,
  },
  { name: 'shuts down twice, and without a start', mend: mending.shutdownTwice, run: checkShutsDownTwice },
  {
    name: 'shuts down in time while the next stage is busy',
    mend: mending.timelyShutdown,
    run: checkStageShutsDownWithOpenCall,
  },
  {
    name: 'leaves nothing open after its shutdown',
    mend: mending.nothingOpen,
    run: checkStageLeavesNothingOpen,
  },
  { name: 'keeps its secrets to itself', mend: mending.secrets, run: checkStageKeepsSecrets },
]

/** Registers a vitest test for every promise of a processor. */
export function testProcessorContract(factory: ProcessorFactory, contract: StageContract): void {
  registerContract(factory, contract, stageChecks)
}

/** Registers a vitest test for every promise of a connector. */
export function testConnectorContract(factory: ConnectorFactory, contract: StageContract): void {
  registerContract(factory, contract, stageChecks)
}
