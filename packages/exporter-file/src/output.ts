import { createWriteStream, type WriteStream } from 'node:fs'
import type { WriteStream as TerminalStream } from 'node:tty'

import { wantsColor } from '@spanloom/core'

/** Somewhere that text can be written to. */
export interface Output {
  /** Whether colours can be seen there. */
  readonly color: boolean
  /** Resolves when the text is written. */
  write(text: string): Promise<void>
  close(): Promise<void>
}

/** The output of that name: `stdout`, `stderr`, or a file that is appended to. */
export function openOutput(path: string): Output {
  if (path === 'stdout') return terminal(process.stdout)
  if (path === 'stderr') return terminal(process.stderr)
  const stream = createWriteStream(path, { flags: 'a' })
  // Every write tells its own outcome; without a listener a fault would end the process.
  stream.on('error', () => undefined)
  return {
    color: false,
    write: (text) => written(stream, text),
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  }
}

function terminal(stream: TerminalStream): Output {
  return {
    color: wantsColor(stream, process.env),
    write: (text) => written(stream, text),
    close: () => Promise.resolve(),
  }
}

function written(stream: TerminalStream | WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()))
  })
}
