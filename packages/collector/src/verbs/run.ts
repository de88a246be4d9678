import { closest, createCollector, run, SpanloomError } from '@spanloom/core'

import { buildInfo } from '../build-info.ts'
import { addConfigFlags, loadFromFlags, type ConfigFlags } from '../config-flags.ts'
import type { Verb } from './verb.ts'

/** Runs a collector until it is told to stop (CLI-01). */
export const runVerb: Verb = {
  define(program, context, act) {
    addConfigFlags(program.command('run [unknown...]', { isDefault: true }))
      .description('Run a collector. The default.')
      .usage('--config <source> [options]')
      .action((unknown: readonly string[], flags: ConfigFlags) =>
        act(async () => {
          const [name] = unknown
          if (name !== undefined)
            throw unknownVerb(
              name,
              program.commands.map((command) => command.name()),
            )
          const config = await loadFromFlags(flags, context)
          const { stdout, stderr, env, registry } = context
          const collector = await createCollector({
            config,
            registry,
            build: buildInfo,
            streams: { stdout, stderr, env },
          })
          return run({ collector, events: context.events })
        }),
      )
  },
}

function unknownVerb(name: string, verbs: readonly string[]): SpanloomError {
  const meant = closest(name, verbs)
  return new SpanloomError(
    'UNKNOWN_VERB',
    `unknown command "${name}"`,
    meant === undefined ? {} : { hint: `Did you mean "${meant}"?` },
  )
}
