import { configJsonSchema, loadRegistry, messageOf, renderIssues, wantsColor } from '@spanloom/core'

import { collect, loadOptions } from '../config-flags.ts'
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
          const { stdout, stderr, env } = context
          const { registry, issues } = await loadRegistry(loadOptions(config, context))
          const color = wantsColor(stderr, env)
          if (issues.length > 0) stderr.write(`${renderIssues(issues, { color, severity: 'warning' })}\n`)
          const schema = await configJsonSchema(registry, ({ kind, type, module }, error) => {
            const what = `the ${kind} "${type}" of ${module}`
            stderr.write(`Warning: any settings of ${what} are taken as right: ${messageOf(error)}\n`)
          })
          stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`)
          return 0
        }),
      )
  },
}
