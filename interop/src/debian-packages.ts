import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { withFileLock } from './file-lock.ts'

const cacheDir = fileURLToPath(new URL('../../node_modules/.cache/spanloom', import.meta.url))
const limitMs = 5 * 60_000

const run = promisify(execFile)

/**
 * Unpacks Debian packages into a folder of the cache, without installing anything, and resolves with its
 * path. Rejects where there is no `apt-get`, or where it cannot reach the packages.
 */
export async function unpackDebian(name: string, packages: readonly string[]): Promise<string> {
  const root = join(cacheDir, 'debian', name)
  if (await exists(root)) return root
  await mkdir(dirname(root), { recursive: true })
  await withFileLock(`${root}.lock`, AbortSignal.timeout(limitMs), async () => {
    if (await exists(root)) return
    const unfinished = await mkdtemp(`${root}-`)
    try {
      const content = join(unfinished, 'root')
      await run('apt-get', ['download', '-q', ...packages], { cwd: unfinished, timeout: limitMs })
      const files = (await readdir(unfinished)).filter((file) => file.endsWith('.deb'))
      for (const file of files)
        await run('dpkg-deb', ['-x', join(unfinished, file), content], { timeout: limitMs })
      await rename(content, root)
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
  })
  return root
}

/** Why packages could not be had, in one line. */
export function packageFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  if (message.includes('ENOENT')) return 'this is no Debian: there is no apt-get'
  return message.trimEnd().split('\n').at(-1) ?? message
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
