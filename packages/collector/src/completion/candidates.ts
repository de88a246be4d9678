import type { Argument, Command, Option } from 'commander'

/** A word that may stand at the cursor. */
export interface Candidate {
  readonly value: string
  readonly description: string
}

/** What may stand at the cursor: words, and whether paths beside them. */
export interface Candidates {
  readonly words: readonly Candidate[]
  readonly paths: 'none' | 'files' | 'directories'
}

/** Ids of a section of the configuration that the line names, such as `receivers`; none where there is no such file. */
export type FindIds = (section: string, configs: readonly string[]) => Promise<readonly string[]>

const nothing: Candidates = { words: [], paths: 'none' }

/**
 * What may stand in place of the last of `words`, which are those after the name of the program. The verbs, flags and
 * choices come from the program itself; `standard` is the verb that is meant when none is named.
 */
export async function candidates(
  program: Command,
  standard: string,
  words: readonly string[],
  findIds: FindIds,
): Promise<Candidates> {
  // Some shells take an equal sign for a word of its own.
  const plain = words.filter((word, at) => word !== '=' || at === words.length - 1)
  const current = plain.at(-1)
  const line = read(program, standard, plain.slice(0, -1))
  if (line.value !== undefined)
    return valuesOf(line.value, line, current === '=' ? '' : (current ?? ''), findIds)
  const [flag, value] = splitFlag(current ?? '')
  if (value !== undefined) {
    const option = line.options.find(({ long, short }) => long === flag || short === flag)
    if (option === undefined) return nothing
    const { words: found, paths } = await valuesOf(option, line, value, findIds)
    return { words: found.map((word) => ({ ...word, value: `${flag}=${word.value}` })), paths }
  }
  if (current?.startsWith('-') === true) return { words: matching(flagsOf(line), current), paths: 'none' }
  const verbs = line.positionals === 0 ? line.command.createHelp().visibleCommands(line.command) : []
  const argument = line.command.registeredArguments.at(line.positionals) ?? variadic(line.command)
  const rest = argument === undefined ? nothing : valuesOfArgument(argument)
  return {
    words: matching(
      [...verbs.map((verb) => ({ value: verb.name(), description: verb.description() })), ...rest.words],
      current ?? '',
    ),
    paths: rest.paths,
  }
}

/** What the words before the cursor say. */
interface Line {
  readonly command: Command
  readonly options: readonly Option[]
  /** The option whose value stands at the cursor. */
  readonly value: Option | undefined
  readonly positionals: number
  readonly configs: readonly string[]
}

function read(program: Command, standard: string, words: readonly string[]): Line {
  const fallback = program.commands.find((command) => command.name() === standard)
  let command = program
  let value: Option | undefined
  let positionals = 0
  const configs: string[] = []
  const options = (): readonly Option[] => [
    ...command.options,
    ...(command === program ? (fallback?.options ?? []) : []),
  ]
  for (const word of words) {
    const [flag, given] = splitFlag(word)
    if (value !== undefined && !(value.variadic && word.startsWith('-'))) {
      if (value.long === '--config') configs.push(word)
      if (!value.variadic) value = undefined
    } else if (word.startsWith('-')) {
      const option = options().find(({ long, short }) => long === flag || short === flag)
      if (given !== undefined && option?.long === '--config') configs.push(given)
      value = given === undefined && option?.required === true ? option : undefined
    } else {
      const verb = command.commands.find((each) => each.name() === word || each.aliases().includes(word))
      if (verb === undefined || positionals > 0) positionals++
      else command = verb
    }
  }
  return { command, options: options(), value, positionals, configs }
}

function splitFlag(word: string): readonly [flag: string, value: string | undefined] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

function flagsOf({ options }: Line): readonly Candidate[] {
  const visible = options.filter(({ hidden }) => !hidden)
  return [
    ...visible.map(({ long, short, description }) => ({ value: long ?? short ?? '', description })),
    help,
  ]
}

const help: Candidate = { value: '--help', description: 'display help for command' }

const sectionOfFlag: Readonly<Record<string, string>> = {
  '--receiver': 'receivers',
  '--processor': 'processors',
  '--exporter': 'exporters',
  '--pipeline': 'pipelines',
}

async function valuesOf(option: Option, line: Line, typed: string, findIds: FindIds): Promise<Candidates> {
  const choices = option.argChoices ?? []
  const section = sectionOfFlag[option.long ?? '']
  const ids = section === undefined ? [] : await findIds(section, line.configs)
  const words = [...choices, ...ids].map((value) => ({ value, description: '' }))
  return { words: matching(words, typed), paths: choices.length > 0 ? 'none' : pathsOf(option.flags) }
}

function valuesOfArgument(argument: Argument): Candidates {
  const words = (argument.argChoices ?? []).map((value) => ({ value, description: '' }))
  return { words, paths: pathsOf(argument.name()) }
}

/** The name of a value says whether it is one: `<path>`, `[file]`, `<source>`, `<directory>`. */
function pathsOf(name: string): Candidates['paths'] {
  if (/\b(directory|folder)\b(?!.*--)/.test(name.replace(/^.*?[<[]/, ''))) return 'directories'
  return /^(source|path|file)s?(\.\.\.)?[>\]]?$/.test(name.replace(/^.*?[<[]/, '')) ? 'files' : 'none'
}

function variadic({ registeredArguments }: Command): Argument | undefined {
  const last = registeredArguments.at(-1)
  return last?.variadic === true ? last : undefined
}

function matching(words: readonly Candidate[], typed: string): readonly Candidate[] {
  return words.filter(({ value }) => value.startsWith(typed))
}
