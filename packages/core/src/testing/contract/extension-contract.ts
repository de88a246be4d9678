import type { ExtensionFactory } from '../../component/define.ts'
import type { Extension } from '../../component/extension.ts'
import type { ContractCheck } from './check.ts'
import type { ExtensionContract } from './contracts.ts'
import { demand } from './demand.ts'
import { demandNothingEscapes, watchedMs } from './escape-checks.ts'
import { checkShutsDownTwice } from './life-checks.ts'
import { withRunning } from './life.ts'
import { mending } from './mending.ts'
import { demandNothingLeftOpen } from './open-resources.ts'
import { registerContract } from './register.ts'
import { checkKeepsSecrets } from './secret-checks.ts'
import { checkIsCreatedQuietly, checkNamesUnknownSettings } from './settings-checks.ts'

/** The promises of every extension. */
export const extensionChecks: readonly ContractCheck<ExtensionFactory, ExtensionContract>[] = [
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
    name: 'lets no error escape from its callbacks',
    mend: mending.caughtErrors,
    run: checkExtensionCatchesItsErrors,
  },
  { name: 'shuts down twice, and without a start', mend: mending.shutdownTwice, run: checkShutsDownTwice },
  {
    name: 'leaves nothing open after its shutdown',
    mend: mending.nothingOpen,
    run: checkExtensionLeavesNothingOpen,
  },
  { name: 'keeps its secrets to itself', mend: mending.secrets, run: checkExtensionKeepsSecrets },
]

/** Registers a vitest test for every promise of an extension. */
export function testExtensionContract<C extends Extension>(
  factory: ExtensionFactory<C>,
  contract: ExtensionContract<C>,
): void {
  registerContract<ExtensionFactory, ExtensionContract>(factory, contract, extensionChecks)
}

/** After its shutdown an extension has no file, socket or timer any more. */
export function checkExtensionLeavesNothingOpen(
  factory: ExtensionFactory,
  contract: ExtensionContract,
): Promise<void> {
  return demandNothingLeftOpen(async () => {
    const { clock } = await withRunning(factory, contract, {}, async (living) => {
      await useFully(living.component, contract)
      return living
    })
    demand(clock.pending === 0, 'The extension left a timer behind after its shutdown.')
  })
}

/** Whatever is asked of it, no error of an extension reaches nobody. */
export function checkExtensionCatchesItsErrors(
  factory: ExtensionFactory,
  contract: ExtensionContract,
): Promise<void> {
  return demandNothingEscapes(async () => {
    await withRunning(factory, contract, {}, async ({ component, clock }) => {
      await useFully(component, contract)
      await clock.advance(watchedMs)
    })
  })
}

/** No secret of an extension's settings is told, in success or in failure. */
export function checkExtensionKeepsSecrets(
  factory: ExtensionFactory,
  contract: ExtensionContract,
): Promise<void> {
  return checkKeepsSecrets(factory, contract, ({ component }) => useFully(component, contract))
}

/** What the life of a collector brings to an extension. */
async function useFully(extension: Extension, contract: ExtensionContract): Promise<void> {
  extension.ready?.()
  await contract.use?.(extension)
  extension.notReady?.()
}
