import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { packageFailure, unpackDebian } from './debian-packages.ts'
import { reportMissing } from './peers.ts'

/** The command `kcat`: librdkafka, a Kafka client that shares no code with ours. */
export interface Kcat {
  readonly command: string
  readonly env: Readonly<Record<string, string>>
}

/**
 * Finds kcat: the one that is installed, else that of Debian, unpacked on first use. Resolves with
 * `undefined` where neither is to be had, and where `SPANLOOM_KCAT` is set but empty.
 */
export async function findKcat(): Promise<Kcat | undefined> {
  if (process.env['SPANLOOM_KCAT'] === '') {
    return reportMissing('kcat', 'SPANLOOM_KCAT is empty, which switches it off.')
  }
  if (await runs({ command: 'kcat', env: {} })) return { command: 'kcat', env: {} }
  try {
    const root = await unpackDebian('kcat', ['kcat', 'librdkafka1', 'libyajl2'])
    const libraries = `${root}/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`
    const unpacked = { command: `${root}/usr/bin/kcat`, env: { LD_LIBRARY_PATH: libraries } }
    return (await runs(unpacked)) ? unpacked : reportMissing('kcat', 'The kcat of Debian does not run here.')
  } catch (error) {
    return reportMissing('kcat', `kcat cannot be had: ${packageFailure(error)}.`)
  }
}

/** Runs kcat with text for its standard input, and resolves with what it prints. */
export async function runKcat({ command, env }: Kcat, args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)(command, args, { env: { ...process.env, ...env }, timeout: 60_000 })
  running.child.stdin?.end(input)
  const { stdout } = await running
  return stdout
}

async function runs({ command, env }: Kcat): Promise<boolean> {
  return promisify(execFile)(command, ['-V'], { env: { ...process.env, ...env } }).then(
    () => true,
    () => false,
  )
}
