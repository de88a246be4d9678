import { createCollector, run, systemClock } from '@spanloom/core'

import { buildInfo } from '../build-info.ts'
import { addConfigFlags, type ConfigFlags, loadFromFlags } from '../config-flags.ts'
import { addressesOf } from '../quickstart/addresses.ts'
import { quickstartPipeline } from '../quickstart/pipeline.ts'
import { nextSteps, showMainJob } from '../quickstart/quickstart.ts'
import type { Verb } from './verb.ts'

interface Flags extends ConfigFlags {
  readonly keep?: boolean
  readonly once?: boolean
}

const farewell = 'This is no terminal, so the collector stops now; `npm start -- --keep` keeps it up.'

/** Runs the main job on an example: `npm start`. */
export const quickstartVerb: Verb = {
  define(program, context, act) {
    addConfigFlags(program.command('quickstart'))
      .description('Run an example: events of a flow come in, one assembled trace comes out.')
      .option('--keep', 'stay up until Ctrl-C; the default on a terminal')
      .option('--once', 'end when the trace was shown; the default elsewhere')
      .action((flags: Flags) =>
        act(async () => {
          const { stdout, stderr, env, events } = context
          const sources = flags.config.length > 0 ? flags.config : [`yaml:${quickstartPipeline}`]
          const config = await loadFromFlags({ ...flags, config: sources }, context)
          const collector = await createCollector({
            config,
            build: buildInfo,
            streams: { stdout, stderr, env },
          })
          const keep = flags.once !== true && (flags.keep === true || stdout.isTTY === true)
          const stop = new AbortController()
          let failure: unknown
          const show = async (): Promise<void> => {
            try {
              await showMainJob(config, context, systemClock, stop.signal)
              stdout.write(
                keep ? `\n${nextSteps(addressesOf(config))}\n\nCtrl-C ends it.\n` : `\n${farewell}\n`,
              )
              if (!keep) stop.abort()
            } catch (error) {
              if (!stop.signal.aborted) failure = error
              stop.abort()
            }
          }
          const onReady = (): void => {
            context.onReady?.()
            void show()
          }
          const exitCode = await run({
            collector,
            stop: stop.signal,
            events,
            onReady,
          })
          if (failure !== undefined) throw failure
          return exitCode
        }),
      )
  },
}
