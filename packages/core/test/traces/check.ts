import * as fc from 'fast-check'

/** Runs a property; a failure prints its seed, and the search for a smaller counterexample has an end. */
export function check<T>(property: fc.IPropertyWithHooks<T>, numRuns: number = 100): void {
  fc.assert(property, { numRuns, interruptAfterTimeLimit: 20_000 })
}
