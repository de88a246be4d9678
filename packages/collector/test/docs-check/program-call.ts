import type { Command } from 'commander'

import { processContext } from '../../src/cli-context.ts'
import { defineProgram } from '../../src/main.ts'

const silent = { write: () => true, on: () => undefined }
const context = { ...processContext(), stdout: silent, stderr: silent }

/** Parses the arguments of a `spanloom` command as the program does, without running it; tells what it refuses. */
export async function callFault(args: readonly string[]): Promise<string | undefined> {
  let understood = false
  const program = defineProgram(context, () => {
    understood = true
    return Promise.resolve()
  })
  const [verb = ''] = args
  if (verb !== '' && !verb.startsWith('-') && !hasVerb(program, verb)) return `there is no verb "${verb}"`
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    const [flag = ''] = args
    if (['--help', '--version', '-h', '-v', 'help'].includes(flag)) return undefined
    return error instanceof Error ? error.message : String(error)
  }
  return understood ? undefined : 'no verb takes this'
}

/**
 * The same for a command in running text, which leaves out what does not matter there: its verbs and flags have to
 * exist. Words after the first flag or placeholder are not looked at.
 */
export function phraseFault(phrase: string): string | undefined {
  const [, ...words] = phrase.replaceAll('\\', '').split(/\s+/)
  let command: Command = defineProgram(context, () => Promise.resolve())
  const names = [...words]
  while (command.commands.length > 0 && /^[a-z][a-z|-]*$/.test(names[0] ?? '')) {
    const [name = ''] = names.splice(0, 1)
    const found = name.split('|').map((alternative) => verbOf(command, alternative))
    const [first] = found
    if (first === undefined || found.includes(undefined)) return `there is no verb "${name}"`
    command = first
  }
  const flags = words.filter((word) => word.startsWith('--')).map((word) => word.replace(/[^a-z-].*$/, ''))
  const carrier = command.commands.length > 0 ? (verbOf(command, 'run') ?? command) : command
  const unknown = flags.find((flag) => !carrier.options.some(({ long }) => long === flag))
  return unknown === undefined ? undefined : `there is no flag ${unknown}`
}

const verbOf = (command: Command, name: string): Command | undefined =>
  command.commands.find((each) => each.name() === name || each.aliases().includes(name))

const hasVerb = (program: Command, name: string): boolean =>
  name === 'help' || verbOf(program, name) !== undefined
