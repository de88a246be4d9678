import { testHost } from '../create.ts'
import type { TestedFactory } from './check.ts'
import type { ComponentContract } from './contracts.ts'
import { demand, inWords } from './demand.ts'
import { create } from './life.ts'
import { patienceMs, settlesWithin, soon } from './waiting.ts'

/** `shutdown` is safe to call without a `start`, and twice (SIG-04). */
export async function checkShutsDownTwice(
  factory: TestedFactory,
  contract: ComponentContract,
): Promise<void> {
  const unstarted = create(factory, contract).component
  await inTime(unstarted.shutdown(soon()), 'A shutdown without a start')
  await inTime(unstarted.shutdown(soon()), 'A second shutdown without a start')

  const { component } = create(factory, contract)
  await component.start(testHost(contract.extensions))
  await inTime(component.shutdown(soon()), 'The shutdown')
  await inTime(component.shutdown(soon()), 'A second shutdown')
}

async function inTime(shutdown: Promise<void>, which: string): Promise<void> {
  demand(await settlesWithin(shutdown, patienceMs), `${which} does not come to an end.`)
  await shutdown.catch((error: unknown) => demand(false, `${which} fails: ${inWords(error)}`))
}
