import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Block, Fault } from './page.ts'
import { callFault } from './program-call.ts'
import { shellCommands } from './shell-commands.ts'

/** Programs that are not ours: their commands are taken as they are. Whoever needs another one adds it here. */
const foreignPrograms = new Set(
  (
    'cat cd cp curl docker echo export git grep install journalctl kubectl mkdir openssl podman rm sed sleep ' +
    'source systemctl systemd-analyze tail'
  ).split(' '),
)

/** Checks the commands of a block as far as that goes without running them. */
export async function shellFaults(block: Block, repository: string): Promise<readonly Fault[]> {
  const { commands, faults } = shellCommands(block.text)
  const found = faults.map(({ line, message }) => ({ line, message: `is no shell: ${message}` }))
  for (const { line, words } of commands) {
    const message = await commandFault(words, repository)
    if (message !== undefined) found.push({ line, message: `\`${words.join(' ')}\`: ${message}` })
  }
  return found.map(({ line, message }) => ({ page: block.page, line: block.line + line, message }))
}

async function commandFault(words: readonly string[], repository: string): Promise<string | undefined> {
  const [program = '', ...args] = words
  switch (program) {
    case 'spanloom':
    case 'build/spanloom':
      return callFault(args)
    case 'npx':
      return commandFault(args, repository)
    case 'node':
      return nodeFault(args, repository)
    case 'npm':
    case 'pnpm':
      return scriptFault(args, repository)
    default:
      return foreignPrograms.has(program) ? undefined : `nobody knows the program "${program}"`
  }
}

/** A script that Node.js runs has to be in the repository. */
async function nodeFault(args: readonly string[], repository: string): Promise<string | undefined> {
  const at = args.findIndex((arg) => !arg.startsWith('-'))
  const script = args[at]
  if (script === undefined) return undefined
  if (!existsSync(join(repository, script))) return 'the repository has no such file'
  return script.endsWith('src/cli.ts') ? callFault(args.slice(at + 1)) : undefined
}

/** Scripts have to be in the repository's `package.json`, and our own packages among its packages. */
function scriptFault(args: readonly string[], repository: string): string | undefined {
  const [verb = '', name = ''] = args
  const has = (script: string): string | undefined =>
    script in scripts ? undefined : `package.json has no script "${script}"`
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  switch (verb) {
    case 'start':
    case 'test':
      return has(verb)
    case 'run':
      return has(name) ?? (name === 'example' ? exampleFault(args[2] ?? '', repository) : undefined)
    default: {
      const own = args.flatMap((arg) => /^@spanloom\/([a-z-]+)$/.exec(arg)?.[1] ?? [])
      const missing = own.find((folder) => !existsSync(join(repository, 'packages', folder)))
      return missing === undefined ? undefined : `there is no package @spanloom/${missing}`
    }
  }
}

function exampleFault(name: string, repository: string): string | undefined {
  return existsSync(join(repository, 'examples', name, 'run.mjs'))
    ? undefined
    : `there is no example "${name}"`
}
