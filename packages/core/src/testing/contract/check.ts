import type { Component, ComponentKind } from '../../component/component.ts'
import type { Factory } from '../../component/define.ts'
import type { TestOptions } from '../create.ts'
import { ContractViolation } from './demand.ts'

/** A factory of any kind, as tests see it. */
export type TestedFactory<C extends Component = Component> = Factory<ComponentKind, TestOptions, C>

/** One promise that all components of a kind make. */
export interface ContractCheck<F, Contract> {
  /** Reads as a sentence about the component. */
  readonly name: string
  /** What its author does when the promise is broken; full sentences, which the failure ends with. */
  readonly mend: string
  /** Rejects with a sentence about what is wrong when the promise is not kept. */
  readonly run: (factory: F, contract: Contract) => Promise<void>
  /** Whether the promise concerns this component. Default: always. */
  readonly applies?: (contract: Contract) => boolean
}

/**
 * Runs one check of a contract.
 *
 * @throws ContractViolation that says what is wrong and what to do about it. Other errors, such as those of a start
 * that fails, as they are.
 */
export async function runCheck<F, Contract>(
  { run, mend }: ContractCheck<F, Contract>,
  factory: F,
  contract: Contract,
): Promise<void> {
  try {
    await run(factory, contract)
  } catch (error) {
    throw error instanceof ContractViolation
      ? new ContractViolation(`${error.message}\nTo mend it: ${mend}`, { cause: error })
      : error
  }
}
