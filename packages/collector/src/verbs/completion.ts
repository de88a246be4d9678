import { Argument } from 'commander'

import { type Shell, scripts, shells } from '../completion/scripts.ts'
import type { Verb } from './verb.ts'

/** Prints what makes a shell complete this command, and answers that shell. */
export const completionVerb: Verb = {
  define(program, context, act) {
    program
      .command('completion')
      .description(
        'Print a script for your shell, which then completes verbs, flags, their values and files.',
      )
      .addArgument(new Argument('<shell>', 'the shell').choices(shells))
      .action((shell: Shell) =>
        act(() => {
          context.stdout.write(scripts[shell])
          return Promise.resolve(0)
        }),
      )
    program
      .command('complete', { hidden: true })
      .description('What may stand at the cursor, for the scripts of `completion`.')
      .argument('[words...]')
      .action((words: readonly string[]) =>
        act(async () => {
          const { candidates } = await import('../completion/candidates.ts')
          const found = await candidates(program, 'run', words, async (section, files) => {
            const { configuredIds } = await import('../completion/configured-ids.ts')
            return configuredIds(section, files, (path) => context.readFile(path))
          })
          const lines = found.words.map(({ value, description }) => `${value}\t${firstLine(description)}\n`)
          context.stdout.write(`${lines.join('')}:${found.paths}\n`)
          return 0
        }),
      )
  },
}

/** Descriptions stand beside words; a line break or a tab would make new ones. */
function firstLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
