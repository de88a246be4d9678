import type { Command } from 'commander'

import type { CliContext } from '../cli-context.ts'

/** One verb of the command line. */
export interface Verb {
  /**
   * Adds the verb to the program. Its action hands the work to `act`, whose outcome becomes the exit code
   * and whose rejection one line `Error: …` (CLI-21).
   */
  define(program: Command, context: CliContext, act: (work: () => Promise<number>) => Promise<void>): void
}
