import { ConfigError, createCollector, renderIssues, wantsColor, type ConfigIssue } from '@spanloom/core'
import { Option } from 'commander'

import { buildInfo } from '../build-info.ts'
import { addConfigFlags, loadFromFlags, type ConfigFlags } from '../config-flags.ts'
import type { Verb } from './verb.ts'

interface Flags extends ConfigFlags {
  readonly format: 'text' | 'json'
}

/** Checks a configuration and builds everything that it describes, starting nothing (CLI-02). */
export const validateVerb: Verb = {
  define(program, context, act) {
    addConfigFlags(program.command('validate'))
      .description('Check a configuration and build all components without starting them.')
      .option('--strict-files', 'certificates and keys that cannot be read here are errors, not warnings')
      .addOption(
        new Option('--format <format>', 'how faults are told').choices(['text', 'json']).default('text'),
      )
      .action((flags: Flags) =>
        act(async () => {
          const { stdout, stderr, env } = context
          try {
            const config = await loadFromFlags(flags, context)
            const collector = await createCollector({ config, build: buildInfo, buildOnly: true })
            await collector.shutdown(AbortSignal.abort())
            if (flags.format === 'json') stdout.write('[]\n')
            else if (config.warnings.length > 0) {
              stderr.write(`${renderIssues(config.warnings, { color: wantsColor(stderr, env) })}\n`)
            }
            return 0
          } catch (error) {
            if (flags.format !== 'json' || !(error instanceof ConfigError)) throw error
            stdout.write(`${JSON.stringify(error.issues.map(toFault), undefined, 2)}\n`)
            return 1
          }
        }),
      )
  },
}

/** A fault in the form that editors and pipelines read (CFG-83). */
function toFault({ source, line, column, path, code, message, suggestion }: ConfigIssue): object {
  return { file: source, line, column, path: path.join('::'), code, message, suggestion }
}
