import type { Clock, OutputStream, Span, Timer, Traces } from '@spanloom/core'
import { renderTree } from '@spanloom/exporter-file'

import { spanJson } from './span-json.ts'

/** Shows what a tap gives. */
export interface TapOutput {
  /** `line` is the batch as OTLP JSON. */
  show(traces: Traces, line: string): void
  /** Shows what was kept back. */
  flush(): void
}

/** How trees are shown. */
export interface TreeOptions {
  readonly color: boolean
  /** Whether all attributes are shown, and not only those that steer Spanloom itself. */
  readonly attributes: boolean
}

/** Spans that come within so long are shown as one tree, if they belong together. */
const gatherMs = 300
const mostGathered = 500
/** Attributes that tell what a fragment belongs to. */
const ownPrefix = 'spanloom.'

/** For people. */
export function treeOutput(
  stdout: OutputStream,
  clock: Clock,
  { color, attributes }: TreeOptions,
): TapOutput {
  let gathered: Span[] = []
  let timer: Timer | undefined
  const flush = (): void => {
    timer?.cancel()
    timer = undefined
    const spans = gathered
    gathered = []
    if (spans.length === 0) return
    stdout.write(renderTree(spans, { color, attribute: (key) => attributes || key.startsWith(ownPrefix) }))
  }
  return {
    flush,
    show(traces) {
      gathered.push(...traces.spans())
      if (gathered.length >= mostGathered) flush()
      else timer ??= clock.schedule(gatherMs, flush)
    },
  }
}

/** One span in each line. */
export const jsonOutput = (stdout: OutputStream): TapOutput => ({
  flush: () => undefined,
  show(traces) {
    for (const span of traces.spans()) stdout.write(`${JSON.stringify(spanJson(span))}\n`)
  },
})

/** One batch in each line, as the `file` exporter writes it. */
export const otlpOutput = (stdout: OutputStream): TapOutput => ({
  flush: () => undefined,
  show: (_, line) => void stdout.write(`${line}\n`),
})
