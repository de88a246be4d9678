import { toOtlpJson, Traces } from '@spanloom/core/traces'

import type { Trial } from './trial.ts'

/**
 * What an exporter would send, as OTLP JSON on one line; without an exporter, a line for each. What is still waiting
 * is not among it.
 */
export function renderOtlp({ happenings }: Trial, exporter: string | undefined): string {
  const batches = new Map<string, Traces[]>()
  for (const each of happenings) {
    if (each.type !== 'passage' || each.place.kind !== 'exporter' || each.phase === 'later') continue
    if (exporter !== undefined && each.place.id !== exporter) continue
    const known = batches.get(each.place.id) ?? []
    known.push(each.traces)
    batches.set(each.place.id, known)
  }
  return [...batches.values()].map((traces) => `${toOtlpJson(Traces.concat(traces))}\n`).join('')
}
