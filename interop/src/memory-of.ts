import { readFile } from 'node:fs/promises'

/**
 * The most memory in MiB that a process has ever held. Only Linux tells; elsewhere 0, so that an upper
 * bound holds.
 */
export async function peakMemoryOf(pid: number): Promise<number> {
  if (process.platform !== 'linux') return 0
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}
