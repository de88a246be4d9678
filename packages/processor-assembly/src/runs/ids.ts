import { hash } from 'node:crypto'

import type { Run } from './run.ts'

/** Ids of a run, in lower-case hex. */
export interface RunIds {
  readonly traceId: string
  readonly spanId: string
}

const spanIdDigits = 16
const noSpanId = '0'.repeat(spanIdDigits)

/** Span ids that are remembered among the runs of one key. */
export function takenIds(runs: readonly Run[]): Set<string> {
  const taken = new Set<string>()
  if (runs.length > 1) {
    for (const { remembered } of runs) if (remembered !== undefined) taken.add(remembered.spanId)
  }
  return taken
}

/**
 * Ids of a run (`assembly.md` section 4): those of its start fragment, or of its first one, unless another run of
 * the key has this span id already.
 *
 * @param taken span ids of the runs before it and of those that are remembered
 */
export function idsOfRun(key: string, run: Run, taken: ReadonlySet<string>): RunIds {
  const { traceId, spanId } = toldIds(key, run)
  if (!taken.has(spanId)) return { traceId, spanId }
  return { traceId, spanId: freeSpanId(`${traceId}/${spanId}#${run.begin}`, taken) }
}

/** Id of the span that a late fragment becomes; `ids` are those of the run it belongs to. */
export function lateSpanId({ traceId, spanId }: RunIds, time: bigint): string {
  return freeSpanId(`${traceId}/${spanId}#late/${time}`, none)
}

const none: ReadonlySet<string> = new Set()

function toldIds(key: string, { first, fragments }: Run): RunIds {
  const source = first ?? fragments[0]
  const traceId = source?.traceId || firstOf(fragments, 'traceId')
  const spanId = source?.spanId || firstOf(fragments, 'spanId')
  if (traceId !== '' && spanId !== '') return { traceId, spanId }
  // A sender that names only keys still gets ids that are the same everywhere.
  const digits = hash('sha256', key)
  return { traceId: traceId || digits.slice(0, 32), spanId: spanId || digits.slice(32, 32 + spanIdDigits) }
}

function firstOf(fragments: Run['fragments'], which: 'traceId' | 'spanId'): string {
  for (const fragment of fragments) if (!fragment.closing && fragment[which] !== '') return fragment[which]
  return ''
}

/** The first digits of the hash that are free and not all zero. */
function freeSpanId(text: string, taken: ReadonlySet<string>): string {
  const digits = hash('sha256', text)
  for (let at = 0; at < digits.length; at += spanIdDigits) {
    const id = digits.slice(at, at + spanIdDigits)
    if (id !== noSpanId && !taken.has(id)) return id
  }
  return digits.slice(0, spanIdDigits)
}
