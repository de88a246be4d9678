import type { Span } from '@spanloom/core/traces'

import { type Fields, fieldsOf, textOf } from './span-fields.ts'
import type { Trial } from './trial.ts'

/** A span as exporters would send it. */
export interface SentSpan {
  /** Ids of the exporters that get exactly this span, in order. */
  readonly exporters: readonly string[]
  readonly span: Span
  readonly fields: Fields
  /** When they get it, in milliseconds since 1970. */
  readonly at: number
  /** It was still held when the time that was asked for was over. */
  readonly isWaiting: boolean
}

const known = new WeakMap<Trial, readonly SentSpan[]>()

/** All that would be sent, in order; what several exporters get alike is there once. */
export function sentSpans(trial: Trial): readonly SentSpan[] {
  const found = known.get(trial) ?? findSent(trial)
  known.set(trial, found)
  return found
}

function findSent({ happenings }: Trial): readonly SentSpan[] {
  const found = new Map<string, SentSpan>()
  let number = 0
  for (const happening of happenings) {
    if (happening.type !== 'passage' || happening.place.kind !== 'exporter') continue
    const { place, at, phase, traces } = happening
    const seen = new Map<string, number>()
    for (const span of traces.spans()) {
      const fields = fieldsOf(span)
      const text = fieldsText(fields)
      // The same span twice in a batch is two spans.
      const copy = seen.get(text) ?? 0
      seen.set(text, copy + 1)
      const key = JSON.stringify([at, copy, text])
      const before = found.get(key)
      if (before === undefined) {
        found.set(key, { exporters: [place.id], span, fields, at, isWaiting: phase === 'later' })
      } else if (before.exporters.includes(place.id)) {
        found.set(`${key} ${number++}`, { ...before, exporters: [place.id] })
      } else {
        found.set(key, { ...before, exporters: [...before.exporters, place.id] })
      }
    }
  }
  return [...found.values()]
}

/** How many spans each exporter gets: equal for trials whose spans can be compared one by one. */
export function shapeText(trial: Trial, sent: readonly SentSpan[] = sentSpans(trial)): string {
  const answers = trial.deliveries.map(({ answer }) => [answer.outcome, answer.status])
  const counts = new Map<string, number>()
  for (const { exporters, isWaiting } of sent) {
    for (const exporter of exporters) {
      const key = `${exporter} ${isWaiting}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return JSON.stringify([answers, [...counts].toSorted(([a], [b]) => a.localeCompare(b))])
}

function fieldsText(fields: Fields): string {
  return JSON.stringify([...fields].map(([name, value]) => [name, textOf(value)]))
}
