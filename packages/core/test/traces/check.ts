import * as fc from 'fast-check'
import { vi } from 'vitest'

// A property is many tests in one, and machines are busy.
vi.setConfig({ testTimeout: 120_000 })

/** How many times more often than usual every property runs: `FUZZ=50 vitest run …`. */
const factor = Number(process.env['FUZZ'] ?? 1)

/** Runs a property; a failure prints its seed, and the search for a smaller counterexample has an end. */
export function check<T>(property: fc.IPropertyWithHooks<T>, numRuns: number = 100): void {
  fc.assert(property, { numRuns: numRuns * factor, interruptAfterTimeLimit: 100_000 })
}
