import { EventEmitter } from 'node:events'

import { defaultRegistry, main } from '../src/index.ts'

class Text extends EventEmitter {
  text = ''
  write(text: string): boolean {
    this.text += text
    return true
  }
}

/** What a command left behind. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a verb inside the test. `files` are what it may read. */
export async function command(
  args: readonly string[],
  {
    files = {},
    env = {},
  }: { files?: Readonly<Record<string, string>>; env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> {
  const [stdout, stderr] = [new Text(), new Text()]
  const code = await main({
    args,
    env,
    stdout,
    stderr,
    events: new EventEmitter(),
    registry: defaultRegistry,
    readFile(path) {
      const text = files[path]
      return text === undefined
        ? Promise.reject(
            Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' }),
          )
        : Promise.resolve(Buffer.from(text))
    },
  })
  return { code, stdout: stdout.text, stderr: stderr.text }
}
