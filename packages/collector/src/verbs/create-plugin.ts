import { addCreatePlugin } from 'create-spanloom-plugin'

import type { Verb } from './verb.ts'

/** Makes the package of a plugin; the same as `npm create spanloom-plugin`. */
export const createPluginVerb: Verb = {
  define(program, { registry, stdout }, act) {
    addCreatePlugin(
      program.command('create-plugin'),
      {
        stdout,
        interactive: process.stdin.isTTY && process.stdout.isTTY,
        cwd: process.cwd(),
        now: () => Date.now(),
        builtIn: (kind) => registry.entries.filter((entry) => entry.kind === kind).map(({ type }) => type),
      },
      act,
    )
  },
}
