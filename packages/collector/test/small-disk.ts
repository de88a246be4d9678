import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A disk of its own where this process may mount one, else a folder; then limits have to play the small disk. */
export interface SmallDisk extends Disposable {
  readonly path: string
  /** Whether it really is small. */
  readonly isReal: boolean
  /** Takes or gives back the permission to write. Nobody may have it in use. */
  readOnly(on: boolean): void
}

export function smallDisk(mebibytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'spanloom-disk-'))
  const isReal = succeeds('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path])
  return {
    path,
    isReal,
    readOnly(on) {
      if (isReal) execFileSync('mount', ['-o', `remount,${on ? 'ro' : 'rw'}`, path])
      else {
        for (const name of readdirSync(path)) chmodSync(join(path, name), on ? 0o400 : 0o600)
        chmodSync(path, on ? 0o500 : 0o700)
      }
    },
    [Symbol.dispose]() {
      if (isReal) execFileSync('umount', ['-l', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
