import { relative } from 'node:path'

import { type Command, Option } from 'commander'

import { CreateError } from './create-error.ts'
import type { CreatedPlugin, IncompleteChoices, PluginChoices } from './create-plugin.ts'
import { kinds, type PluginKind } from './plugin-names.ts'
import { type License, licenses } from './rights.ts'

/** The outside world as the command sees it. */
export interface CommandContext {
  readonly stdout: { write(text: string): unknown }
  /** Whether somebody is there to answer questions; otherwise what is missing is an error. */
  readonly interactive: boolean
  /** The current folder. */
  readonly cwd: string
  /** Milliseconds since 1970. */
  now(): number
  /** Types of a kind that are built in, which a plugin cannot have. Default: none are known. */
  readonly builtIn?: (kind: PluginKind) => readonly string[]
}

interface Flags {
  readonly kind?: PluginKind
  readonly directory?: string
  readonly scope?: string
  readonly license?: License
  readonly spanloom?: string
}

/**
 * Gives `command` the arguments and the action that make a plugin's package. `act` runs the work and deals with its
 * outcome: what cannot be used is an error whose message says how to mend it.
 */
export function addCreatePlugin(
  command: Command,
  context: CommandContext,
  act: (work: () => Promise<number>) => Promise<void>,
): void {
  command
    .description(
      'Make a package with a receiver, processor or exporter of your own, which passes its tests as it is.',
    )
    .argument('[name]', 'such as acme; becomes the type that configurations name')
    .addOption(new Option('--kind <kind>', 'what the package holds').choices(kinds))
    .option('--directory <folder>', 'where the files go; default: a new folder named after the package')
    .option('--scope <scope>', 'npm scope of the package, such as @acme')
    .addOption(new Option('--license <license>', 'its licence; default MIT').choices(licenses))
    .option('--spanloom <version>', 'version of Spanloom, or a folder of packed packages')
    .action((name: string | undefined, flags: Flags) =>
      act(async () => {
        const choices = await complete({ name, ...flags }, context.interactive)
        const { createPlugin } = await import('./create-plugin.ts')
        const { cwd, builtIn } = context
        context.stdout.write(summary(await createPlugin(choices, { cwd, now: context.now(), builtIn }), cwd))
        return 0
      }),
    )
}

async function complete(given: IncompleteChoices, interactive: boolean): Promise<PluginChoices> {
  const { name, kind } = given
  if (name !== undefined && kind !== undefined) return { ...given, name, kind }
  if (!interactive) {
    const missing = [...(name === undefined ? ['a name'] : []), ...(kind === undefined ? ['--kind'] : [])]
    throw new CreateError(
      `Nobody is there to be asked for ${missing.join(' and ')}. Give all of it, such as: acme --kind receiver`,
    )
  }
  const { ask } = await import('./ask.ts')
  return ask(given)
}

function summary({ names, folder, fileCount }: CreatedPlugin, cwd: string): string {
  const shown = relative(cwd, folder) || '.'
  const enter = shown === '.' ? '' : `  cd ${/\s/.test(shown) ? `"${shown}"` : shown}\n`
  return `Made ${names.package}: ${fileCount} files in ${shown}

Next:
${enter}  npm install
  npm test
  npm run dev
`
}
