import { existsSync, readdirSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'

import { freePort } from '../process.ts'
import { commandFile } from '../run-spanloom.ts'

/** Lets modules in a folder import every package of the repository and what those depend on. */
export async function linkPackages(folder: string, repository: string): Promise<void> {
  const targets = new Map<string, string>()
  for (const owner of ['.', ...readdirSync(join(repository, 'packages')).map((name) => `packages/${name}`)]) {
    if (owner !== '.') targets.set(owner.replace('packages/', '@spanloom/'), join(repository, owner))
    for (const name of dependenciesOf(join(repository, owner, 'node_modules')))
      if (!targets.has(name)) targets.set(name, join(repository, owner, 'node_modules', name))
  }
  for (const [name, target] of targets) {
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(target, link)
  }
}

/** Names of the installed packages, scoped ones included. */
function dependenciesOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(folder, name)).map((each) => `${name}/${each}`) : [name],
    )
}

/** The folder for what is kept, as the documentation names it. Pages keep it below their own folder. */
const keptAt = '/var/lib/spanloom'

/** A text of a page with the folder that the page really has, and what was printed with the one that it names. */
export const inFolder = (text: string, folder: string): string =>
  text.replaceAll(keptAt, join(folder, 'kept'))
export const asNamed = (printed: string, folder: string): string =>
  printed.replaceAll(join(folder, 'kept'), keptAt)

/**
 * What the commands of a page run in: examples and configurations of the repository, `spanloom` on the path, and free
 * ports in `$PORT_1` to `$PORT_4`. Returns their environment.
 */
export async function layOut(folder: string, repository: string): Promise<NodeJS.ProcessEnv> {
  for (const name of ['config', 'examples', 'deploy', 'scripts'])
    await symlink(join(repository, name), join(folder, name))
  await mkdir(join(folder, 'kept'))
  const program = join(folder, 'bin', 'spanloom')
  await mkdir(dirname(program))
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${commandFile}" "$@"\n`, { mode: 0o700 })
  // What a page posts has to be taken.
  await writeFile(join(folder, '.curlrc'), 'fail-with-body\n')
  const ports: Record<string, string> = {}
  for (const number of [1, 2, 3, 4]) ports[`PORT_${number}`] = String(await freePort())
  const { FORCE_COLOR: _force, ...env } = process.env
  return {
    ...env,
    ...ports,
    CURL_HOME: folder,
    NO_COLOR: '1',
    PATH: `${dirname(program)}${delimiter}${env['PATH'] ?? ''}`,
  }
}
