import { redactUrl } from '@spanloom/core'

import { changesOf } from './changes.ts'
import type { Explained } from './explained.ts'
import { placeLabel, sourceLabel } from './labels.ts'
import type { Origin } from './origins/origins.ts'
import type { SentSpan } from './outcome.ts'
import type { Happening } from './recorder.ts'
import { fieldsOf } from './span-fields.ts'
import type { Trial } from './trial.ts'

/** The explanation as data, for programs. */
export function renderJson({ trial, sent, explanation }: Explained): string {
  const spans = explanation?.spans ?? sent
  const data = {
    deliveries: trial.deliveries.map(({ at, ...delivery }) => ({ ...delivery, time: timeText(at) })),
    steps: trial.happenings.map((happening) => step(happening, trial)),
    spans: spans.map((span) => ({
      exporters: span.exporters,
      time: timeText(span.at),
      ...(span.isWaiting ? { waiting: true } : {}),
      fields:
        'origins' in span
          ? (span.origins as readonly Origin[]).map((origin) => originData(origin, trial.deliveries.length))
          : plainFields(span),
    })),
    held: trial.held.map(({ place, spans: count }) => ({ component: placeLabel(place), spans: count })),
    deadLetters: trial.deadLetters.map(({ place, reason }) => ({ component: placeLabel(place), reason })),
    ...(explanation === undefined
      ? {}
      : {
          deciding: explanation.deciding.map((source) => sourceLabel(source, trial.deliveries.length)),
          trials: explanation.runs,
          untried: explanation.untried,
        }),
    end: timeText(trial.endMs),
  }
  return `${JSON.stringify(data, undefined, 2)}\n`
}

const timeText = (ms: number): string => new Date(ms).toISOString()

function originData({ field, value, how, sources, place }: Origin, deliveries: number): object {
  return {
    field,
    value,
    origin: how,
    sources: sources.map((source) => ({ ...source, text: sourceLabel(source, deliveries) })),
    ...(place === undefined ? {} : { component: placeLabel(place) }),
  }
}

function plainFields({ fields }: SentSpan): readonly object[] {
  return [...fields].map(([field, value]) => ({ field, value }))
}

function step(happening: Happening, { happenings }: Trial): object {
  const { type, place, phase, at, delivery } = happening
  const moment = {
    component: placeLabel(place),
    time: timeText(at),
    ...(delivery === undefined ? {} : { delivery: delivery + 1 }),
    ...(phase === 'later' ? { later: true } : {}),
  }
  switch (type) {
    case 'passage': {
      const { direction, traces, refusal } = happening
      const changes = direction === 'out' ? changesOf(happening, happenings) : undefined
      return {
        step: direction,
        ...moment,
        spans: Array.from(traces.spans(), (span) => Object.fromEntries(fieldsOf(span))),
        ...(changes === undefined ? {} : { changes }),
        ...(refusal === undefined ? {} : { refused: refusal }),
      }
    }
    case 'drop':
      return { step: 'dropped', ...moment, spans: happening.count, reason: happening.reason }
    case 'merge':
      return { step: 'merged', ...moment, spans: happening.count }
    case 'complaint':
      return { step: happening.level, ...moment, message: happening.message, fields: happening.fields }
    case 'outgoing': {
      const { request, answer } = happening
      return {
        step: 'request',
        ...moment,
        method: request.method,
        url: redactUrl(request.url.href),
        body: Buffer.from(request.body).toString('utf8'),
        answer: answer.status,
      }
    }
  }
}
