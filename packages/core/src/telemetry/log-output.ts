import { destination } from 'pino'

import { messageOf, StartError } from '../errors/errors.ts'

/** A stream that the process was given: standard output, standard error, or a test's own. */
export interface OutputStream {
  write(text: string): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  readonly isTTY?: boolean
}

/** Where lines go. */
export interface LogOutput {
  /** Whether a person reads it, so that the level may be coloured. */
  readonly color: boolean
  write(line: string): void
  close(): void
}

export interface OutputStreams {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** For `NO_COLOR` and `FORCE_COLOR`. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Opens one of `logs.output_paths`: `stdout`, `stderr` or the path of a file, which is appended to.
 *
 * @throws StartError when the file cannot be opened.
 */
export function openLogOutput(path: string, streams: OutputStreams): LogOutput {
  if (path === 'stdout' || path === 'stderr') {
    const stream = streams[path]
    ignoreBrokenPipe(stream)
    return {
      color: wantsColor(stream, streams.env),
      write: (line) => void stream.write(line),
      close: () => undefined,
    }
  }
  const file = openFile(path.replace(/^file:(\/\/)?/, ''))
  return {
    color: false,
    write: (line) => void file.write(line),
    close: () => {
      file.flushSync()
      file.end()
    },
  }
}

function openFile(path: string): ReturnType<typeof destination> {
  try {
    // Written at once: the last lines before a crash are the ones that somebody will look for.
    return destination({ dest: path, append: true, sync: true })
  } catch (error) {
    throw new StartError('LOG_OUTPUT_FAILED', `failed to open the log output ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Check service::telemetry::logs::output_paths.',
    })
  }
}

const guarded = new WeakSet<OutputStream>()

/** A reader that goes away must not take the collector with it (section 3.3). */
export function ignoreBrokenPipe(stream: OutputStream): void {
  if (guarded.has(stream)) return
  guarded.add(stream)
  stream.on('error', () => undefined)
}

/** `FORCE_COLOR` and `NO_COLOR` decide if set, else whether the stream is a terminal. */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const force = env['FORCE_COLOR']
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}
