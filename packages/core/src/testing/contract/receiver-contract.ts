import type { Component } from '../../component/component.ts'
import type { ReceiverFactory } from '../../component/define.ts'
import type { ContractCheck } from './check.ts'
import type { ReceiverContract } from './contracts.ts'
import { checkShutsDownTwice } from './life-checks.ts'
import { mending } from './mending.ts'
import {
  checkAcknowledgesTakenData,
  checkAsksForNoResend,
  checkAsksForResend,
  checkWaitsForNextStage,
} from './receiver-answers.ts'
import {
  checkMakesEqualSpansOfEqualEvents,
  checkReceiverCatchesItsErrors,
  checkReceiverKeepsSecrets,
  checkReceiverLeavesNothingOpen,
  checkShutsDownWithOpenRequest,
} from './receiver-life.ts'
import { checkFetchesNoFaster, checkReceiverLosesNothing } from './receiver-losses.ts'
import { registerContract } from './register.ts'
import { checkIsCreatedQuietly, checkNamesUnknownSettings } from './settings-checks.ts'

const answers = ({ fetches = false }: ReceiverContract): boolean => !fetches

/** The promises of every receiver. */
export const receiverChecks: readonly ContractCheck<ReceiverFactory, ReceiverContract>[] = [
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
  {
    name: 'hands on what it gets, and acknowledges it',
    mend: 'Hand the spans of every event to `next.consumeTraces`, and tell the sender that it worked when it did.',
    run: checkAcknowledgesTakenData,
  },
  {
    name: 'acknowledges only after the next stage took the data',
    mend: 'Await `next.consumeTraces(...)` before you answer. What a sender was told to be safe is not sent again.',
    run: checkWaitsForNextStage,
    applies: answers,
  },
  {
    name: 'asks for a resend when the next stage is busy',
    mend: 'Answer a rejection of `next.consumeTraces` unless `isPermanent(error)` with what makes the sender try again, such as HTTP 503; `httpSource` does if the error reaches it.',
    run: checkAsksForResend,
    applies: answers,
  },
  {
    name: 'asks for no resend of what nobody will take',
    mend: 'Answer a rejection for which `isPermanent(error)` holds with what keeps the sender from trying again; `httpSource` does if the error reaches it.',
    run: checkAsksForNoResend,
    applies: answers,
  },
  {
    name: 'fetches no faster than the next stage takes',
    mend: 'Await `next.consumeTraces(...)` before you read on; the `handOver` of `fetchingReceiver` does so and tries again.',
    run: checkFetchesNoFaster,
    applies: (contract) => !answers(contract),
  },
  {
    name: 'makes equal spans of equal events',
    mend: 'Derive trace ids and span ids from the ids of the source, such as with a hash, and from no clock, counter or random number: then a repeated event is recognised.',
    run: checkMakesEqualSpansOfEqualEvents,
  },
  {
    name: 'loses nothing while the next stage fails at random',
    mend: 'Tell each sender what became of its own data: accepted when all of it was taken, else what the error of `next.consumeTraces` says.',
    run: checkReceiverLosesNothing,
  },
  {
    name: 'lets no error escape from its callbacks',
    mend: mending.caughtErrors,
    run: checkReceiverCatchesItsErrors,
  },
  { name: 'shuts down twice, and without a start', mend: mending.shutdownTwice, run: checkShutsDownTwice },
  {
    name: 'shuts down in time while a request is open',
    mend: mending.timelyShutdown,
    run: checkShutsDownWithOpenRequest,
  },
  {
    name: 'leaves nothing open after its shutdown',
    mend: mending.nothingOpen,
    run: checkReceiverLeavesNothingOpen,
  },
  { name: 'keeps its secrets to itself', mend: mending.secrets, run: checkReceiverKeepsSecrets },
]

/** Registers a vitest test for every promise of a receiver. */
export function testReceiverContract<C extends Component>(
  factory: ReceiverFactory<C>,
  contract: ReceiverContract<C>,
): void {
  registerContract<ReceiverFactory, ReceiverContract>(factory, contract, receiverChecks)
}
