import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as elapse } from 'node:timers/promises'

import { Output, type OutputStream } from './output.ts'

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface WaitForLineOptions {
  /** Where the line is looked for. Default: `either`. */
  readonly on?: OutputStream | 'either'
  /** Default: 30 seconds. */
  readonly timeoutMs?: number
}

export interface StopOptions {
  /** Default: `SIGTERM`. */
  readonly signal?: NodeJS.Signals
  /** How long the process may take to leave before it is killed. Default: 30 seconds. */
  readonly timeoutMs?: number
}

export interface StartProcessOptions {
  readonly command: string
  readonly args?: readonly string[]
  readonly cwd?: string
  /** Laid over the environment of this process; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The line by which the process says that it can be talked to. */
  readonly ready: RegExp
  /** Default: `either`. */
  readonly readyOn?: OutputStream | 'either'
  /** How long the process may take to print that line. Default: 30 seconds. */
  readonly timeoutMs?: number
}

/** A process that has said that it is ready. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number
  /** The match of the ready line, from which a port can be read back. */
  readonly ready: RegExpExecArray
  /** Settles when the process is gone and its output is complete; never rejects. */
  readonly exited: Promise<Exit>
  stdout(): string
  stderr(): string
  /** Sends a signal and does not wait for what it causes. */
  signal(signal: NodeJS.Signals): void
  /** Resolves with the first line that matches, whether it is already printed or yet to come. */
  waitForLine(pattern: RegExp, options?: WaitForLineOptions): Promise<RegExpExecArray>
  /** Ends the process; kills it and rejects if it has not left in time. Safe to call twice. */
  stop(options?: StopOptions): Promise<Exit>
}

const defaultTimeoutMs = 30_000
const alive = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/**
 * Starts a command and resolves once it has printed its ready line. Rejects with the output it did
 * print if it cannot be started, ends before that, or takes too long; it is gone then.
 */
export async function startProcess(options: StartProcessOptions): Promise<RunningProcess> {
  const { command, args = [], cwd, env, ready, readyOn = 'either', timeoutMs = defaultTimeoutMs } = options
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) {
    const [error] = await once(child, 'error')
    throw new Error(`${command} cannot be started.`, { cause: error })
  }

  alive.add(child)
  const output = new Output()
  output.collect('stdout', child.stdout)
  output.collect('stderr', child.stderr)
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      alive.delete(child)
      resolve({ code, signal })
    })
  })

  const waitForLine = async (pattern: RegExp, wait: WaitForLineOptions = {}): Promise<RegExpExecArray> => {
    const outcome = await findLine(output, exited, pattern, wait)
    if (Array.isArray(outcome)) return outcome
    throw new Error(
      `${command} ${outcome} before it printed a line that matches ${pattern}.\n` +
        output.text('stdout') +
        output.text('stderr'),
    )
  }
  const stop = async ({
    signal = 'SIGTERM',
    timeoutMs: stopMs = defaultTimeoutMs,
  }: StopOptions = {}): Promise<Exit> => {
    child.kill(signal)
    const exit = await settledWithin(stopMs, exited)
    if (exit !== undefined) return exit
    child.kill('SIGKILL')
    // A child of the child may hold these open, and then the end would never be seen.
    child.stdout.destroy()
    child.stderr.destroy()
    await exited
    throw new Error(`${command} was killed: it had not left ${stopMs} ms after ${signal}.`)
  }

  const readyMatch = await waitForLine(ready, { on: readyOn, timeoutMs }).catch(async (error: unknown) => {
    await stop({ signal: 'SIGKILL' })
    throw error
  })
  return {
    pid,
    ready: readyMatch,
    exited,
    stdout: () => output.text('stdout'),
    stderr: () => output.text('stderr'),
    signal: (signal) => void child.kill(signal),
    waitForLine,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

/** The match, or in words why there will be none. */
async function findLine(
  output: Output,
  exited: Promise<Exit>,
  pattern: RegExp,
  { on = 'either', timeoutMs = defaultTimeoutMs }: WaitForLineOptions,
): Promise<RegExpExecArray | string> {
  const { promise: found, resolve } = Promise.withResolvers<RegExpExecArray>()
  const unfollow = output.follow((line, stream) => {
    const match = on === 'either' || on === stream ? pattern.exec(line) : null
    if (match !== null) resolve(match)
  })
  const ended = exited.then(({ code, signal }) => `ended with ${signal ?? `code ${code}`}`)
  const outcome = await settledWithin(timeoutMs, Promise.race([found, ended]))
  unfollow()
  return outcome ?? `took longer than ${timeoutMs} ms`
}

/** What the promise resolves with, or `undefined` when that takes too long. */
async function settledWithin<T>(timeoutMs: number, promise: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController()
  try {
    return await Promise.race([promise, elapse(timeoutMs, undefined, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}
