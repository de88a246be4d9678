import { SpanloomError, type TestConfig, wantsColor } from '@spanloom/core'
import { Option } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { addConfigFlags, type ConfigFlags, loadFromFlags } from '../config-flags.ts'
import type { Verdict } from '../scenario/verdict.ts'
import type { Verb } from './verb.ts'

interface Flags extends ConfigFlags {
  readonly tests?: string
  readonly filter?: string
  readonly format: 'text' | 'json' | 'junit'
}

/** Runs the tests that a configuration has for itself. */
export const testVerb: Verb = {
  define(program, context, act) {
    addConfigFlags(program.command('test'))
      .description(
        'Run the section `tests` of a configuration: payloads go in, and the spans that would be sent are compared with what is expected. Nothing is sent, and no port or file of the configuration is opened.',
      )
      .option('--tests <file>', 'a file with the section `tests`, beside those of --config')
      .option('--filter <text>', 'only tests with this text in their names')
      .addOption(
        new Option('--format <format>', 'text for people, json and junit for programs')
          .choices(['text', 'json', 'junit'])
          .default('text'),
      )
      .action((flags: Flags) => act(() => runTests(flags, context)))
  },
}

async function runTests(flags: Flags, context: CliContext): Promise<number> {
  const { tryOut } = await import('../explain/trial.ts')
  const { folderOf, scenarioPlan } = await import('../scenario/scenario-plan.ts')
  const { judge } = await import('../scenario/verdict.ts')
  const { renderJunit, renderVerdicts } = await import('../scenario/render-verdicts.ts')
  const sources = flags.tests === undefined ? flags.config : [...flags.config, flags.tests]
  const config = await loadFromFlags({ ...flags, config: sources }, context)
  const { stdout, env } = context
  const verdicts: Verdict[] = []
  for (const test of chosen(config.tests, flags.filter)) {
    const readFile = (path: string): Promise<Uint8Array> => context.readFile(path)
    const plan = await scenarioPlan(test, { config, folder: folderOf(config), readFile })
    verdicts.push(judge(test, await tryOut(plan)))
  }
  if (flags.format === 'json') stdout.write(`${JSON.stringify(verdicts, undefined, 2)}\n`)
  else if (flags.format === 'junit') stdout.write(renderJunit(verdicts))
  else stdout.write(renderVerdicts(verdicts, wantsColor(stdout, env)))
  return verdicts.some(({ failures }) => failures.length > 0) ? 1 : 0
}

function chosen(tests: readonly TestConfig[], filter: string = ''): readonly TestConfig[] {
  const found = tests.filter(({ name }) => name.includes(filter))
  if (found.length > 0) return found
  throw new SpanloomError(
    'NO_TESTS',
    tests.length === 0 ? 'The configuration has no tests.' : `No test has "${filter}" in its name.`,
    { hint: 'Add a section `tests`, or name a file that has one with --tests.' },
  )
}
