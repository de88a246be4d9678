import { collect } from '../config-flags.ts'
import { schemaText } from '../schema-text.ts'
import type { Verb } from './verb.ts'

/** Prints the JSON Schema of a configuration, for editors. */
export const schemaVerb: Verb = {
  define(program, context, act) {
    program
      .command('schema')
      .description('Print the JSON Schema of a configuration, for completion and checks in editors.')
      .option(
        '--config <source>',
        'a configuration whose plugins are in the schema, too; may be repeated',
        collect,
        [],
      )
      .action(({ config }: { readonly config: readonly string[] }) =>
        act(async () => {
          context.stdout.write(await schemaText(config, context))
          return 0
        }),
      )
  },
}
