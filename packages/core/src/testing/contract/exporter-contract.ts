import type { ExporterFactory } from '../../component/define.ts'
import { type ContractCheck, registerContract } from './check.ts'
import type { ExporterContract } from './contracts.ts'
import {
  checkDelivers,
  checkExporterAccountsForEverySpan,
  checkExporterKeepsInput,
  checkExporterLosesNothing,
  checkSendsAgain,
  checkSendsNothingForEmptyBatches,
  checkTellsWhatDestinationSaid,
} from './exporter-answers.ts'
import {
  checkExporterIsCreatedQuietly,
  checkExporterKeepsSecrets,
  checkExporterLeavesNothingOpen,
  checkExporterNamesUnknownSettings,
  checkExporterShutsDownTwice,
  checkExporterShutsDownWithOpenRequest,
} from './exporter-life.ts'

type Check = ContractCheck<ExporterFactory, ExporterContract>

const always: readonly Check[] = [
  { name: 'names a setting that it does not know', run: checkExporterNamesUnknownSettings },
  { name: 'is created without I/O, timers or handles', run: checkExporterIsCreatedQuietly },
  { name: 'delivers what it takes, once and unchanged', run: checkDelivers },
  { name: 'does not change its input', run: checkExporterKeepsInput },
  { name: 'sends nothing for an empty batch', run: checkSendsNothingForEmptyBatches },
  { name: 'accounts for every span', run: checkExporterAccountsForEverySpan },
  { name: 'shuts down twice, and without a start', run: checkExporterShutsDownTwice },
  { name: 'leaves nothing open after its shutdown', run: checkExporterLeavesNothingOpen },
  { name: 'keeps its secrets out of logs and errors', run: checkExporterKeepsSecrets },
]

const whereDestinationsFail: readonly Check[] = [
  { name: 'tells what the destination said, once it has said it', run: checkTellsWhatDestinationSaid },
  { name: 'sends again what the destination was too busy for', run: checkSendsAgain },
  { name: 'loses nothing while the destination fails at random', run: checkExporterLosesNothing },
  { name: 'shuts down in time while a request is open', run: checkExporterShutsDownWithOpenRequest },
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
