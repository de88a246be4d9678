import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'

import { parseOtlpJson, Traces } from '@spanloom/core/traces'

/** A new folder of a test, and how to remove it with what is in it. */
export interface TemporaryFolder extends Disposable {
  readonly path: string
  /** The path of a file in it. */
  file(name: string): string
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'spanloom-interop-'))
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** The whole lines of a file; none where there is no file. */
export async function linesOf(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').slice(0, -1)
}

/** All that a file of OTLP JSON lines holds. */
export async function tracesIn(file: string): Promise<Traces> {
  return Traces.concat((await linesOf(file)).map((line) => parseOtlpJson(line)))
}

const patienceMs = 20_000

/** What a file of OTLP JSON lines holds, as soon as that is at least `count` spans. */
export async function waitForSpans(file: string, count: number): Promise<Traces> {
  let seen = Traces.empty
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await elapse(20)) {
    seen = await tracesIn(file)
    if (seen.spanCount >= count) return seen
  }
  throw new Error(`${file} got ${seen.spanCount} spans in time, not ${count}.`)
}
