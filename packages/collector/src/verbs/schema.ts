import { configJsonSchema } from '@spanloom/core'

import type { Verb } from './verb.ts'

/** Prints the JSON Schema of a configuration, for editors. */
export const schemaVerb: Verb = {
  define(program, { registry, stdout }, act) {
    program
      .command('schema')
      .description('Print the JSON Schema of a configuration, for completion and checks in editors.')
      .action(() =>
        act(async () => {
          stdout.write(`${JSON.stringify(await configJsonSchema(registry), undefined, 2)}\n`)
          return 0
        }),
      )
  },
}
