import { ignoreBrokenPipe } from '@spanloom/core'
import { Command, CommanderError } from 'commander'

import { buildInfo } from './build-info.ts'
import type { CliContext } from './cli-context.ts'
import { reportError } from './report-error.ts'
import { backfillVerb } from './verbs/backfill.ts'
import { completionVerb } from './verbs/completion.ts'
import { componentsVerb } from './verbs/components.ts'
import { createPluginVerb } from './verbs/create-plugin.ts'
import { eventhubVerb } from './verbs/eventhub.ts'
import { explainVerb } from './verbs/explain.ts'
import { featureGateVerb } from './verbs/featuregate.ts'
import { healthcheckVerb } from './verbs/healthcheck.ts'
import { initVerb } from './verbs/init.ts'
import { printConfigVerb } from './verbs/print-config.ts'
import { queueVerb } from './verbs/queue.ts'
import { quickstartVerb } from './verbs/quickstart.ts'
import { redactVerb } from './verbs/redact.ts'
import { replayVerb } from './verbs/replay.ts'
import { runVerb } from './verbs/run.ts'
import { schemaVerb } from './verbs/schema.ts'
import { tapVerb } from './verbs/tap.ts'
import { testVerb } from './verbs/test.ts'
import { licensesVerb } from './verbs/third-party.ts'
import { validateVerb } from './verbs/validate.ts'
import type { Verb } from './verbs/verb.ts'
import { webhookVerb } from './verbs/webhook.ts'

const verbs: readonly Verb[] = [
  runVerb,
  validateVerb,
  explainVerb,
  testVerb,
  printConfigVerb,
  componentsVerb,
  schemaVerb,
  featureGateVerb,
  quickstartVerb,
  initVerb,
  queueVerb,
  redactVerb,
  webhookVerb,
  eventhubVerb,
  backfillVerb,
  tapVerb,
  replayVerb,
  createPluginVerb,
  healthcheckVerb,
  licensesVerb,
  completionVerb,
]

/** What runs the work of a verb; its outcome becomes the exit code. */
export type Act = Parameters<Verb['define']>[2]

/** The program with all its verbs and their flags; parsing arguments hands the work of their verb to `act`. */
export function defineProgram(context: CliContext, act: Act): Command {
  const program = new Command(buildInfo.command)
    .description('Weaves events into OpenTelemetry traces.')
    .version(`${buildInfo.command} version ${buildInfo.version}`, '-v, --version', 'print the version')
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      // Errors are told in one line by reportError instead.
      writeErr: () => undefined,
    })
    .exitOverride()
  for (const verb of verbs) verb.define(program, context, act)
  for (const command of program.commands) command.copyInheritedSettings(program).exitOverride()
  return program
}

/** Runs the command line and resolves with the exit code (CLI-20, CLI-21). Never rejects. */
export async function main(context: CliContext): Promise<number> {
  ignoreBrokenPipe(context.stdout)
  ignoreBrokenPipe(context.stderr)
  let exitCode = 0
  const program = defineProgram(context, async (work) => {
    exitCode = await work()
  })
  try {
    await program.parseAsync([...context.args], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    reportError(error, context)
    return 1
  }
}
