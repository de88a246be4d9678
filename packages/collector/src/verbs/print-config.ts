import { createCollector, printConfig } from '@spanloom/core'
import { Option } from 'commander'

import { buildInfo } from '../build-info.ts'
import { addConfigFlags, loadFromFlags, type ConfigFlags } from '../config-flags.ts'
import type { Verb } from './verb.ts'

interface Flags extends ConfigFlags {
  readonly format: 'yaml' | 'json'
  readonly mode: 'redacted' | 'unredacted'
  readonly validate: string
}

/** Prints the effective configuration (CLI-03). */
export const printConfigVerb: Verb = {
  define(program, context, act) {
    addConfigFlags(program.command('print-config').alias('print-initial-config'))
      .description('Print the configuration after merging, expansion and defaults.')
      .addOption(new Option('--format <format>').choices(['yaml', 'json']).default('yaml'))
      .addOption(
        new Option('--mode <mode>', 'whether secrets are shown')
          .choices(['redacted', 'unredacted'])
          .default('redacted'),
      )
      .addOption(
        new Option('--validate <boolean>', 'also build all components')
          .choices(['true', 'false'])
          .preset('true')
          .default('true'),
      )
      .action((flags: Flags) =>
        act(async () => {
          const config = await loadFromFlags(flags, context)
          if (flags.validate === 'true') {
            const collector = await createCollector({ config, build: buildInfo, buildOnly: true })
            await collector.shutdown(AbortSignal.abort())
          }
          const text = printConfig(config, { format: flags.format, mode: flags.mode })
          context.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
          return 0
        }),
      )
  },
}
