import type { ConnectorFactory, ProcessorFactory } from '../../component/define.ts'
import { type ContractCheck, registerContract, type TestedFactory } from './check.ts'
import type { Stage, StageContract } from './contracts.ts'
import { checkShutsDownTwice } from './life-checks.ts'
import { checkIsCreatedQuietly, checkNamesUnknownSettings } from './settings-checks.ts'
import {
  checkAccountsForEverySpan,
  checkAccountsForRefusedSpans,
  checkPassesErrorsBack,
  checkStageLosesNothing,
} from './stage-bookkeeping.ts'
import {
  checkGivesEqualOutput,
  checkKeepsInput,
  checkKeepsWhatItDoesNotKnow,
  checkTakesEmptyBatches,
} from './stage-data.ts'
import {
  checkStageKeepsSecrets,
  checkStageLeavesNothingOpen,
  checkStageShutsDownWithOpenCall,
} from './stage-life.ts'

const passesOn = ({ holds = false }: StageContract): boolean => !holds

/** The promises of every processor and every connector. */
export const stageChecks: readonly ContractCheck<TestedFactory<Stage>, StageContract>[] = [
  { name: 'names a setting that it does not know', run: checkNamesUnknownSettings },
  { name: 'is created without I/O, timers or handles', run: checkIsCreatedQuietly },
  { name: 'does not change its input', run: checkKeepsInput },
  {
    name: 'keeps links, resources and fields that it does not know',
    run: checkKeepsWhatItDoesNotKnow,
    applies: ({ redacts = false }) => !redacts,
  },
  { name: 'gives equal output for equal input', run: checkGivesEqualOutput },
  { name: 'takes an empty batch and hands on nothing for it', run: checkTakesEmptyBatches },
  { name: 'passes the errors of the next stage back', run: checkPassesErrorsBack, applies: passesOn },
  { name: 'loses nothing while the next stage fails at random', run: checkStageLosesNothing },
  { name: 'accounts for every span', run: checkAccountsForEverySpan },
  {
    name: 'accounts for spans that the next stage refused for good',
    run: checkAccountsForRefusedSpans,
    applies: (contract) => !passesOn(contract),
  },
  { name: 'shuts down twice, and without a start', run: checkShutsDownTwice },
  { name: 'shuts down in time while the next stage is busy', run: checkStageShutsDownWithOpenCall },
  { name: 'leaves nothing open after its shutdown', run: checkStageLeavesNothingOpen },
  { name: 'keeps its secrets out of logs and errors', run: checkStageKeepsSecrets },
]

/** Registers a vitest test for every promise of a processor. */
export function testProcessorContract(factory: ProcessorFactory, contract: StageContract): void {
  registerContract(factory, contract, stageChecks)
}

/** Registers a vitest test for every promise of a connector. */
export function testConnectorContract(factory: ConnectorFactory, contract: StageContract): void {
  registerContract(factory, contract, stageChecks)
}
