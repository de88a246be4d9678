import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const cliPath = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

/** The sentence that scripts wait for (RUN-04). */
export const readySentence = 'Everything is ready. Begin running and processing data.'

/** A `spanloom` process under test. */
export interface CliProcess extends AsyncDisposable {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves once standard error holds the text; rejects when the process ends before. */
  waitFor(text: string): Promise<void>
  signal(name: 'SIGTERM' | 'SIGINT'): void
  /** Exit code; rejects when a signal ended the process. */
  readonly exit: Promise<number>
}

/** Starts the command, or another script of the tests, as a real process. */
export function startCli(args: readonly string[], { script = cliPath, env = {} } = {}): CliProcess {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...withoutColors(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const watcher of watchers) watcher()
  })
  const exit = once(child, 'close').then(([code, signal]: unknown[]) => {
    if (typeof code !== 'number') throw new Error(`The process was ended by ${String(signal)}.`)
    return code
  })
  // A test that ends early leaves nobody to look at it.
  exit.catch(() => undefined)
  const ended = exit.then(
    () => undefined,
    () => undefined,
  )
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    async waitFor(text) {
      const seen = new Promise<true>((resolve) => {
        const look = (): void => {
          if (!stderr.includes(text)) return
          watchers.delete(look)
          resolve(true)
        }
        watchers.add(look)
        look()
      })
      if ((await Promise.race([seen, ended])) !== true && !stderr.includes(text)) {
        throw new Error(`The process ended before it said "${text}":\n${stderr}`)
      }
    },
    signal: (name) => void child.kill(name),
    exit,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** A port that was free a moment ago, for settings that are given before the process starts. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

function withoutColors(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...rest } = env
  return rest
}
