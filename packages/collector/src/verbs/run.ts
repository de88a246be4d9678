import { closest, createCollector, run, SpanloomError, systemClock } from '@spanloom/core'

import { buildInfo } from '../build-info.ts'
import { addConfigFlags, sourceFromFlags, type ConfigFlags } from '../config-flags.ts'
import type { Verb } from './verb.ts'

interface Flags extends ConfigFlags {
  readonly watch?: boolean
}

/** Runs a collector until it is told to stop (CLI-01). */
export const runVerb: Verb = {
  define(program, context, act) {
    addConfigFlags(program.command('run [unknown...]', { isDefault: true }))
      .description('Run a collector. The default.')
      .usage('--config <source> [options]')
      .option('--watch', 'reload when a file that the configuration was read from changes')
      .action((unknown: readonly string[], flags: Flags) =>
        act(async () => {
          const [name] = unknown
          if (name !== undefined)
            throw unknownVerb(
              name,
              program.commands.map((command) => command.name()),
            )
          const source = sourceFromFlags({ ...flags, strictFiles: true }, context)
          const config = await source.load()
          const { stdout, stderr, env } = context
          const collector = await createCollector({
            config,
            build: buildInfo,
            streams: { stdout, stderr, env },
            load: () => source.load(),
          })
          const watch = (reload: () => void): (() => void) => source.watch(reload, systemClock)
          return run({
            collector,
            events: context.events,
            watch: flags.watch === true ? watch : undefined,
            onReady: context.onReady,
          })
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
