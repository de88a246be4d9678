import type { ExporterFactory } from '../../component/define.ts'
import type { ContractCheck } from './check.ts'
import type { ExporterContract } from './contracts.ts'
import {
  checkDelivers,
  checkExporterAccountsForEverySpan,
  checkExporterKeepsInput,
  checkExporterLosesNothing,
  checkMakesOneAttempt,
  checkSendsAgain,
  checkSendsNothingForEmptyBatches,
  checkTellsWhatDestinationSaid,
} from './exporter-answers.ts'
import {
  checkExporterCatchesItsErrors,
  checkExporterIsCreatedQuietly,
  checkExporterKeepsSecrets,
  checkExporterLeavesNothingOpen,
  checkExporterNamesUnknownSettings,
  checkExporterShutsDownTwice,
  checkExporterShutsDownWithOpenRequest,
} from './exporter-life.ts'
import { mending } from './mending.ts'
import { registerContract } from './register.ts'

type Check = ContractCheck<ExporterFactory, ExporterContract>

const always: readonly Check[] = [
  {
    name: 'names a setting that it does not know',
    mend: mending.unknownSettings,
    run: checkExporterNamesUnknownSettings,
  },
  {
    name: 'is created without I/O, timers or handles',
    mend: mending.quietCreation,
    run: checkExporterIsCreatedQuietly,
  },
  {
    name: 'delivers what it takes, once and unchanged',
    mend: 'Send all spans of the batch as `traces.toProtobuf()` or the like has them. Where the format of the destination cannot hold everything, set `exact: false` in the contract.',
    run: checkDelivers,
  },
  { name: 'does not change its input', mend: mending.ownInput, run: checkExporterKeepsInput },
  {
    name: 'sends nothing for an empty batch',
    mend: 'Return at once when `spanCount` is 0; with `delivery` in the definition this is done for you.',
    run: checkSendsNothingForEmptyBatches,
  },
  {
    name: 'accounts for every span',
    mend: 'Resolve only for what the destination took; tell what it rejected of a request with `rejectedSpans`, and count what is given up with `telemetry.accounting.dropped`.',
    run: checkExporterAccountsForEverySpan,
  },
  {
    name: 'lets no error escape from its callbacks',
    mend: mending.caughtErrors,
    run: checkExporterCatchesItsErrors,
  },
  {
    name: 'shuts down twice, and without a start',
    mend: mending.shutdownTwice,
    run: checkExporterShutsDownTwice,
  },
  {
    name: 'leaves nothing open after its shutdown',
    mend: mending.nothingOpen,
    run: checkExporterLeavesNothingOpen,
  },
  { name: 'keeps its secrets to itself', mend: mending.secrets, run: checkExporterKeepsSecrets },
]

const whereDestinationsFail: readonly Check[] = [
  {
    name: 'tells what the destination said, once it has said it',
    mend: 'Await the answer of the destination in `send`. Throw `RetryableError` when it is busy, `ThrottleError` when it says for how long, and `PermanentError` when it will never take the data.',
    run: checkTellsWhatDestinationSaid,
  },
  {
    name: 'makes one attempt at a time',
    mend: 'Throw a `RetryableError` instead of trying again: `retry_on_failure` waits as the user has set it, and the pipeline slows down meanwhile. Switch off the retries of a client library.',
    run: checkMakesOneAttempt,
  },
  {
    name: 'sends again what the destination was too busy for',
    mend: 'Throw `RetryableError` when the destination is busy, and declare `delivery: {}`, which brings `retry_on_failure`.',
    run: checkSendsAgain,
  },
  {
    name: 'loses nothing while the destination fails at random',
    mend: 'Throw when the destination did not take the data; an error that is not permanent makes the sender try again.',
    run: checkExporterLosesNothing,
  },
  {
    name: 'shuts down in time while a request is open',
    mend: mending.timelyShutdown,
    run: checkExporterShutsDownWithOpenRequest,
  },
]

/**
 * Registers a vitest test for every promise of an exporter. Those about failures are left out where the
 * destination cannot fail on demand (`canFail: false`).
 */
export function testExporterContract(
  factory: ExporterFactory,
  contract: ExporterContract & { readonly canFail?: boolean },
): void {
  const { canFail = true } = contract
  registerContract(factory, contract, canFail ? [...always, ...whereDestinationsFail] : always)
}

/** The promises of every exporter, those about failing destinations last. */
export const exporterChecks: readonly Check[] = [...always, ...whereDestinationsFail]
