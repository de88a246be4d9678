import { execFile } from 'node:child_process'
import { access, mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { withFileLock } from './file-lock.ts'
import { reportMissing } from './peers.ts'

/** The conformance suite of the CloudEvents project. */
export interface CloudEventsConformance {
  /** Its `cloudevents` command, which sends events, listens for them and compares. */
  readonly binary: string
  /** Folder of its sources, with `features/` and `yaml/`. */
  readonly dir: string
}

/** The newest state of the project, of 2022, so that nothing changes under the tests. */
const module = 'github.com/cloudevents/conformance@7a8ee0ac0e782bba1ba30e58c62d24d2e6c337e5'
const cacheDir = fileURLToPath(new URL('../../node_modules/.cache/spanloom', import.meta.url))
const limitMs = 10 * 60_000

const run = promisify(execFile)

/**
 * The suite, fetched and built with Go on first use, or built of the folder with its sources that
 * `SPANLOOM_CLOUDEVENTS_CONFORMANCE` names. Resolves with `undefined` where Go is missing or the suite cannot be had,
 * and where the variable is set but empty.
 */
export async function findCloudEventsConformance(
  env: NodeJS.ProcessEnv = process.env,
): Promise<CloudEventsConformance | undefined> {
  const named = env['SPANLOOM_CLOUDEVENTS_CONFORMANCE']
  if (named === '') {
    return reportMissing('cloudevents', 'SPANLOOM_CLOUDEVENTS_CONFORMANCE is empty, which switches it off.')
  }
  const hasGo = await run('go', ['version']).then(
    () => true,
    () => false,
  )
  if (!hasGo) return reportMissing('cloudevents', 'Go, which builds the conformance suite, is not on PATH.')
  try {
    const dir = named ?? (await download())
    const binary = join(cacheDir, `cloudevents-${module.slice(-12)}`, 'cloudevents')
    await mkdir(dirname(binary), { recursive: true })
    if (!(await exists(binary))) {
      await withFileLock(`${binary}.lock`, AbortSignal.timeout(limitMs), async () => {
        if (!(await exists(binary))) await build(dir, binary)
      })
    }
    return { binary, dir }
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error('unknown')
    return reportMissing(
      'cloudevents',
      `The conformance suite cannot be had: ${message.trim().split('\n').at(-1)}`,
    )
  }
}

/** Asks the module proxy for the sources and tells where they are. */
async function download(): Promise<string> {
  await mkdir(cacheDir, { recursive: true })
  // The command tells on its output what went wrong, too.
  const { stdout } = await run('go', ['mod', 'download', '-json', module], {
    cwd: cacheDir,
    timeout: limitMs,
  }).catch((error: unknown) => {
    const told = error instanceof Error && 'stdout' in error ? error.stdout : ''
    if (typeof told === 'string' && told !== '') return { stdout: told }
    throw error
  })
  const { Dir: dir, Error: fault }: { Dir?: string; Error?: string } = JSON.parse(stdout)
  if (dir === undefined) throw new Error(fault?.split('\n').at(-1)?.trim() ?? `${module} has no sources.`)
  return dir
}

async function build(dir: string, binary: string): Promise<void> {
  const unfinished = `${binary}.unfinished`
  const args = [
    'build',
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    '-o',
    unfinished,
    './cmd/cloudevents',
  ]
  await run('go', args, {
    cwd: dir,
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    timeout: limitMs,
  })
  await rename(unfinished, binary)
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
