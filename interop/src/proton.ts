import { execFile, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { packageFailure, unpackDebian } from './debian-packages.ts'
import { reportMissing } from './peers.ts'

/** A Python that has Apache Qpid Proton, an AMQP implementation that shares no code with ours. */
export interface Proton {
  readonly python: string
  readonly env: Readonly<Record<string, string>>
}

const script = fileURLToPath(new URL('../proton/amqp_peer.py', import.meta.url))
const pythons = ['python3', '/usr/bin/python3']

/**
 * Finds Proton: the one that is installed, else that of Debian, unpacked on first use. Resolves with
 * `undefined` where neither is to be had, and where `SPANLOOM_PROTON` is set but empty.
 */
export async function findProton(): Promise<Proton | undefined> {
  if (process.env['SPANLOOM_PROTON'] === '') {
    return reportMissing('proton', 'SPANLOOM_PROTON is empty, which switches it off.')
  }
  const installed = await firstThatImports({})
  if (installed !== undefined) return installed
  try {
    const root = await unpackDebian('proton', ['python3-qpid-proton', 'libqpid-proton11'])
    const unpacked = await firstThatImports({
      PYTHONPATH: `${root}/usr/lib/python3/dist-packages`,
      LD_LIBRARY_PATH: `${root}/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
    })
    return unpacked ?? reportMissing('proton', 'No Python here loads the Proton of Debian.')
  } catch (error) {
    return reportMissing('proton', `Apache Qpid Proton cannot be had: ${packageFailure(error)}.`)
  }
}

/** Runs a task of `proton/amqp_peer.py` and resolves with the lines that it tells. */
export async function protonTask({ python, env }: Proton, task: object): Promise<unknown[]> {
  const child = spawn(python, [script], { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(JSON.stringify(task))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (stderr !== '') throw new Error(`Proton failed:\n${stderr}`)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
}

async function firstThatImports(env: Readonly<Record<string, string>>): Promise<Proton | undefined> {
  for (const python of pythons) {
    const isThere = await promisify(execFile)(python, ['-c', 'import proton.utils'], {
      env: { ...process.env, ...env },
    }).then(
      () => true,
      () => false,
    )
    if (isThere) return { python, env }
  }
  return undefined
}
