import { readFile } from 'node:fs/promises'

import { parseOtlpJson, sleep, type Clock, type Span } from '@spanloom/core'

const pauseMs = 50

/**
 * Reads a file that an exporter is writing until it holds `spans` spans of a trace.
 *
 * @throws whatever the signal aborts with, when they do not come.
 */
export async function waitForTrace(
  path: string,
  traceId: string,
  spans: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Span[]> {
  for (;;) {
    const found = (await spansIn(path)).filter((span) => span.traceId === traceId)
    if (found.length >= spans) return found
    await sleep(clock, pauseMs, signal)
  }
}

/** Whole lines only: the last one may still be on its way. */
async function spansIn(path: string): Promise<readonly Span[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  return lines.filter((line) => line !== '').flatMap((line) => [...parseOtlpJson(line).spans()])
}
