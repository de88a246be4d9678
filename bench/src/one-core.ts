import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/**
 * Leaves the last core to the processes under test, with all their threads, and the others to this process and what
 * it starts from now on; until it is disposed of. Undefined where there is one core only, or no `taskset` (util-linux).
 */
export function giveOneCore(pids: readonly number[]): Disposable | undefined {
  const last = availableParallelism() - 1
  if (last === 0 || !pin(process.pid, `0-${last - 1}`)) return undefined
  const giveBack = (): void => void pin(process.pid, `0-${last}`)
  if (pids.every((pid) => pin(pid, String(last)))) return { [Symbol.dispose]: giveBack }
  giveBack()
  return undefined
}

function pin(pid: number, cores: string): boolean {
  try {
    execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', cores, String(pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
