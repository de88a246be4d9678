import { describe, it } from 'vitest'

import { type ContractCheck, runCheck } from './check.ts'

/** Registers one vitest test for each check that concerns the component. */
export function registerContract<F extends { readonly kind: string; readonly type: string }, Contract>(
  factory: F,
  contract: Contract,
  checks: readonly ContractCheck<F, Contract>[],
): void {
  describe(`${factory.type} ${factory.kind} contract`, () => {
    for (const check of checks.filter(({ applies }) => applies?.(contract) ?? true)) {
      // A check is a test of its own: it has a name and throws when it fails.
      // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect
      it(check.name, () => runCheck(check, factory, contract), limitMs)
    }
  })
}

/** Real time that one check may take; it is far more than any needs. */
const limitMs = 20_000
