import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, constants, mkdir, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { withFileLock } from './file-lock.ts'
import { reportMissing } from './peers.ts'

export interface FindOtelcolOptions {
  /** Default: the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where builds are kept. Default: `node_modules/.cache/spanloom` of the repository. */
  readonly cacheDir?: string
}

const sourceDir = fileURLToPath(new URL('../otelcol', import.meta.url))
const defaultCacheDir = fileURLToPath(new URL('../../node_modules/.cache/spanloom', import.meta.url))
const sourceFiles = ['go.mod', 'go.sum', 'main.go']
const executable = process.platform === 'win32' ? 'otelcol.exe' : 'otelcol'
const buildLimitMs = 30 * 60_000

/**
 * The path of an OpenTelemetry Collector with the components of `interop/otelcol`: the one that
 * `SPANLOOM_OTELCOL` names, else an earlier build, else a build made now, which takes minutes.
 *
 * Resolves with `undefined` where Go is missing or the build fails, and where `SPANLOOM_OTELCOL` is
 * set but empty; `peerMissing('otelcol')` says which. Rejects if the variable names no executable.
 */
export async function findOtelcol(options: FindOtelcolOptions = {}): Promise<string | undefined> {
  const { env = process.env, cacheDir = defaultCacheDir } = options
  const named = env['SPANLOOM_OTELCOL']
  if (named === '') return reportMissing('otelcol', 'SPANLOOM_OTELCOL is empty, which switches it off.')
  if (named !== undefined) {
    if (await isExecutable(named)) return named
    throw new Error(`SPANLOOM_OTELCOL does not name an executable file: ${named}`)
  }

  const binary = join(cacheDir, `otelcol-${await sourceHash()}`, executable)
  if (await isExecutable(binary)) return binary
  const goVersion = await go(['version'], env).catch(() => undefined)
  if (goVersion === undefined)
    return reportMissing('otelcol', 'Go, which builds the Collector, is not on PATH.')
  try {
    await mkdir(dirname(binary), { recursive: true })
    await withFileLock(`${binary}.lock`, AbortSignal.timeout(buildLimitMs), async () => {
      if (!(await isExecutable(binary))) await build(binary, env)
    })
    return binary
  } catch (error) {
    return reportMissing('otelcol', `The Collector could not be built: ${lastLine(error)}`)
  }
}

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256')
  for (const content of await Promise.all(sourceFiles.map((name) => readFile(join(sourceDir, name))))) {
    hash.update(content)
  }
  return hash.digest('hex')
}

async function build(binary: string, env: NonNullable<FindOtelcolOptions['env']>): Promise<void> {
  console.info(
    'Building a real OpenTelemetry Collector to test against; this happens once and takes minutes.',
  )
  const unfinished = `${binary}.unfinished`
  const flags = ['-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags=-s -w']
  await go(['build', ...flags, '-o', unfinished, '.'], env)
  await rename(unfinished, binary)
}

const go = (args: readonly string[], env: NonNullable<FindOtelcolOptions['env']>): Promise<unknown> =>
  promisify(execFile)('go', args, {
    cwd: sourceDir,
    env: { ...env, CGO_ENABLED: '0', GOWORK: 'off' },
    timeout: buildLimitMs,
    maxBuffer: 64 * 1024 * 1024,
  })

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

// What `go` complains about stands at the end of what it prints.
function lastLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.trimEnd().split('\n').at(-1) ?? message
}
