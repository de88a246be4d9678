import { describe, it } from 'vitest'

import type { Component, ComponentKind } from '../../component/component.ts'
import type { Factory } from '../../component/define.ts'
import type { TestOptions } from '../create.ts'

/** A factory of any kind, as tests see it. */
export type TestedFactory<C extends Component = Component> = Factory<ComponentKind, TestOptions, C>

/** One promise that all components of a kind make. */
export interface ContractCheck<F, Contract> {
  /** Reads as a sentence about the component. */
  readonly name: string
  /** Rejects with a sentence about what is wrong when the promise is not kept. */
  readonly run: (factory: F, contract: Contract) => Promise<void>
  /** Whether the promise concerns this component. Default: always. */
  readonly applies?: (contract: Contract) => boolean
}

/** Registers one vitest test for each check that concerns the component. */
export function registerContract<F extends { readonly kind: string; readonly type: string }, Contract>(
  factory: F,
  contract: Contract,
  checks: readonly ContractCheck<F, Contract>[],
): void {
  describe(`${factory.type} ${factory.kind} contract`, () => {
    for (const { name, run } of checks.filter(({ applies }) => applies?.(contract) ?? true)) {
      // A check is a test of its own: it has a name and throws when it fails.
      // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect
      it(name, () => run(factory, contract), limitMs)
    }
  })
}

/** Real time that one check may take; it is far more than any needs. */
const limitMs = 20_000
