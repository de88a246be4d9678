import type { Component } from '../../component/component.ts'
import type { ReceiverFactory } from '../../component/define.ts'
import { type ContractCheck, registerContract } from './check.ts'
import type { ReceiverContract } from './contracts.ts'
import { checkShutsDownTwice } from './life-checks.ts'
import {
  checkAcknowledgesTakenData,
  checkAsksForNoResend,
  checkAsksForResend,
  checkWaitsForNextStage,
} from './receiver-answers.ts'
import {
  checkMakesEqualSpansOfEqualEvents,
  checkReceiverKeepsSecrets,
  checkReceiverLeavesNothingOpen,
  checkShutsDownWithOpenRequest,
} from './receiver-life.ts'
import { checkReceiverLosesNothing } from './receiver-losses.ts'
import { checkIsCreatedQuietly, checkNamesUnknownSettings } from './settings-checks.ts'

const answers = ({ fetches = false }: ReceiverContract): boolean => !fetches

/** The promises of every receiver. */
export const receiverChecks: readonly ContractCheck<ReceiverFactory, ReceiverContract>[] = [
  { name: 'names a setting that it does not know', run: checkNamesUnknownSettings },
  { name: 'is created without I/O, timers or handles', run: checkIsCreatedQuietly },
  { name: 'hands on what it gets, and acknowledges it', run: checkAcknowledgesTakenData },
  {
    name: 'acknowledges only after the next stage took the data',
    run: checkWaitsForNextStage,
    applies: answers,
  },
  { name: 'asks for a resend when the next stage is busy', run: checkAsksForResend, applies: answers },
  { name: 'asks for no resend of what nobody will take', run: checkAsksForNoResend, applies: answers },
  { name: 'makes equal spans of equal events', run: checkMakesEqualSpansOfEqualEvents },
  { name: 'loses nothing while the next stage fails at random', run: checkReceiverLosesNothing },
  { name: 'shuts down twice, and without a start', run: checkShutsDownTwice },
  { name: 'shuts down in time while a request is open', run: checkShutsDownWithOpenRequest },
  { name: 'leaves nothing open after its shutdown', run: checkReceiverLeavesNothingOpen },
  { name: 'keeps its secrets out of logs and errors', run: checkReceiverKeepsSecrets },
]

/** Registers a vitest test for every promise of a receiver. */
export function testReceiverContract<C extends Component>(
  factory: ReceiverFactory<C>,
  contract: ReceiverContract<C>,
): void {
  registerContract<ReceiverFactory, ReceiverContract>(factory, contract, receiverChecks)
}
