import { expect, it } from 'vitest'

import { type ContractCheck, runCheck } from '../../../src/testing/contract/check.ts'
import { inWords } from '../../../src/testing/contract/demand.ts'
import { escapedDuring } from '../../../src/testing/contract/escaped-errors.ts'

/** A plugin with one fault, and what the contract must say about it. */
export interface Fault<F, Contract> {
  /** Completes the name of the kind, such as "a receiver that ...". */
  readonly that: string
  readonly factory: F
  readonly contract: Contract
  /** Names of the checks that must fail, each with words of its failure. All others must pass. */
  readonly fails: Readonly<Record<string, string>>
}

/** Registers one test for each fault: it fails exactly the checks that it should, and hears what to mend. */
export function testFaults<F, Contract>(
  kind: string,
  checks: readonly ContractCheck<F, Contract>[],
  faults: readonly Fault<F, Contract>[],
): void {
  it.each(faults)(
    `finds ${kind} that $that`,
    async (fault) => {
      const found = await failuresOf(checks, fault)

      expect(Object.keys(found).toSorted()).toEqual(Object.keys(fault.fails).toSorted())
      for (const [name, words] of Object.entries(fault.fails)) {
        expect(found[name]).toContain(words)
        expect(found[name]).toContain(`To mend it: ${checks.find((check) => check.name === name)?.mend}`)
      }
    },
    60_000,
  )
}

async function failuresOf<F, Contract>(
  checks: readonly ContractCheck<F, Contract>[],
  { factory, contract }: Fault<F, Contract>,
): Promise<Readonly<Record<string, string>>> {
  const failures: Record<string, string> = {}
  // Whatever escapes during other checks than the one about it would fail the whole file.
  await escapedDuring(async () => {
    for (const check of checks) {
      if (check.applies?.(contract) === false) continue
      await runCheck(check, factory, contract).catch((error: unknown) => {
        failures[check.name] = inWords(error)
      })
    }
  })
  return failures
}
