import { configJsonSchema, loadRegistry, messageOf, renderIssues, wantsColor } from '@spanloom/core'

import type { CliContext } from './cli-context.ts'
import { loadOptions } from './config-flags.ts'

/**
 * The JSON Schema of a configuration as the text of a file: what is built in, what is installed, and the plugins that the
 * configurations in `sources` list. What cannot be used is told on standard error.
 */
export async function schemaText(sources: readonly string[], context: CliContext): Promise<string> {
  const { stderr, env } = context
  const { registry, issues } = await loadRegistry(loadOptions(sources, context))
  const color = wantsColor(stderr, env)
  if (issues.length > 0) stderr.write(`${renderIssues(issues, { color, severity: 'warning' })}\n`)
  const schema = await configJsonSchema(registry, ({ kind, type, module }, error) => {
    const what = `the ${kind} "${type}" of ${module}`
    stderr.write(`Warning: any settings of ${what} are taken as right: ${messageOf(error)}\n`)
  })
  return `${JSON.stringify(schema, undefined, 2)}\n`
}
