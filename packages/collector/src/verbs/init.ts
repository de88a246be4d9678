import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { errorText, SpanloomError } from '@spanloom/core'
import { Option } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { destinationNames } from '../init/destinations.ts'
import type { Choice } from '../init/pipeline-text.ts'
import { sourceNames, type Variable } from '../init/sources.ts'
import { schemaText } from '../schema-text.ts'
import type { Verb } from './verb.ts'

interface Flags extends Partial<Omit<Choice, 'schema'>> {
  readonly output: string
  readonly force?: boolean
}

const schemaFile = 'spanloom.schema.json'

/** Writes a first configuration that works, and the schema that editors check it with. */
export const initVerb: Verb = {
  define(program, context, act) {
    program
      .command('init')
      .description('Write a first pipeline, with comments. Without --from and --to it asks, on a terminal.')
      .addOption(new Option('--from <source...>', 'where spans come from').choices(sourceNames))
      .addOption(new Option('--to <destination>', 'where they go').choices(destinationNames))
      .option('--durable', 'keep open spans and what waits on disk')
      .option('--health', 'answer health checks')
      .option('--admin', 'show in a browser what the collector does')
      .option('--output <file>', 'where to write', 'pipeline.yaml')
      .option('--force', 'replace files that exist')
      .action((flags: Flags) => act(() => init(flags, context)))
  },
}

async function init(flags: Flags, context: CliContext): Promise<number> {
  const force = flags.force === true
  if (!force && (await exists(flags.output))) throw alreadyThere(flags.output)
  const choice = await choose(flags, context)
  const { pipelineText } = await import('../init/pipeline-text.ts')
  const { text, variables } = pipelineText({ ...choice, schema: `./${schemaFile}` })
  const schema = await schemaText([], context)
  await write(flags.output, text, force)
  const schemaPath = join(dirname(flags.output), schemaFile)
  const keepsSchema = !force && (await exists(schemaPath))
  if (!keepsSchema) await write(schemaPath, schema, force)
  context.stdout.write(nextSteps(flags.output, keepsSchema ? undefined : schemaPath, variables))
  return 0
}

async function choose(flags: Flags, { terminal }: CliContext): Promise<Omit<Choice, 'schema'>> {
  const { from, to, durable, health, admin } = flags
  const given = { ...flags, ...(from === undefined ? {} : { from: [...new Set(from)] }) }
  if (given.from !== undefined && to !== undefined) {
    return { from: given.from, to, durable: durable === true, health: health === true, admin: admin === true }
  }
  if (terminal !== undefined) {
    const { ask } = await import('../init/ask.ts')
    return ask(given, terminal)
  }
  const [flag, names] =
    from === undefined ? (['--from', sourceNames] as const) : (['--to', destinationNames] as const)
  throw new SpanloomError('INIT_INCOMPLETE', `${flag} is missing, and this is no terminal to ask on`, {
    hint: `Choose of ${names.join(', ')}.`,
  })
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function alreadyThere(path: string): SpanloomError {
  return new SpanloomError('FILE_EXISTS', `${path} exists already, and is left as it is`, {
    hint: 'Choose another --output, or replace it with --force.',
  })
}

async function write(path: string, text: string, force: boolean): Promise<void> {
  const refuse = (error: unknown): never => {
    throw new SpanloomError('FILE_NOT_WRITTEN', `${path} cannot be written: ${errorText(error)}`)
  }
  await mkdir(dirname(path), { recursive: true }).catch(refuse)
  await writeFile(path, text, { flag: force ? 'w' : 'wx' }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw alreadyThere(path)
    refuse(error)
  })
}

function nextSteps(file: string, schema: string | undefined, variables: readonly Variable[]): string {
  const wrote = schema === undefined ? file : `${file}, and ${schema} for editors`
  const exports = variables.map(
    ({ name, meaning, example }) => `  export ${name}='${example}'   # ${meaning}\n`,
  )
  const set = exports.length === 0 ? '' : `\nSet these, with values of your own:\n${exports.join('')}`
  const quoted = /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", String.raw`'\''`)}'`
  return `Wrote ${wrote}.\n${set}\nNext:\n  spanloom validate --config ${quoted}\n  spanloom --config ${quoted}\n`
}
