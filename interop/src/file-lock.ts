import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as elapse } from 'node:timers/promises'

const pollMs = 250

/**
 * Runs `work` while no other process on this machine runs work under the same lock file, and waits
 * for its turn until `signal` aborts. A lock whose holder died does not count.
 */
export async function withFileLock<T>(file: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  while (!(await tryLock(file))) await elapse(pollMs, undefined, { signal })
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
  if (!(await holderLives(file))) await rm(file, { force: true })
  return false
}

async function holderLives(file: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(file, 'utf8'))
    // An empty file is a lock that its holder is writing at this moment.
    if (pid > 0) process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
