import { styleText } from 'node:util'

import { formatDuration, redactUrl } from '@spanloom/core'
import type { Span } from '@spanloom/core/traces'

import { plain } from '../verbs/queue-table.ts'
import { changesOf } from './changes.ts'
import type { Explained } from './explained.ts'
import { placeLabel, sourceLabels } from './labels.ts'
import type { ExplainedSpan, Explanation, Origin } from './origins/origins.ts'
import type { SentSpan } from './outcome.ts'
import type { Happening } from './recorder.ts'
import { textOf } from './span-fields.ts'
import type { Trial } from './trial.ts'

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

const longestValue = 72

/** The explanation as text, for people. */
export function renderTree({ trial, sent, explanation }: Explained, color: boolean): string {
  const paint: Paint = (style, text) => (color ? styleText(style, text, { validateStream: false }) : text)
  const lines = [
    ...trial.deliveries.flatMap((_, number) => deliveryLines(trial, number, paint)),
    ...timeLines(trial, 'time', paint),
    ...(trial.held.length === 0 ? [] : heldLines(trial, paint)),
    ...letterLines(trial, paint),
    ...spanLines(explanation?.spans ?? sent, trial, paint),
    ...(explanation === undefined ? [] : footLines(explanation, trial)),
  ]
  return `${lines.join('\n')}\n`
}

function deliveryLines(trial: Trial, number: number, paint: Paint): readonly string[] {
  const delivery = trial.deliveries[number]
  if (delivery === undefined) return []
  const { name, receiver, transport, method = '', path = '', at, answer } = delivery
  const way = transport === 'http' ? `${method} ${path}` : transport
  const head = `${paint('bold', `#${number + 1} ${plain(name)}`)} to receiver ${receiver}, ${plain(way)}, ${timeText(at)}`
  const own = trial.happenings.filter((each) => each.delivery === number)
  return [head, ...answerLines(answer, paint), ...stepLines(own, trial, paint), '']
}

function answerLines(
  { outcome, status, body, reason }: Trial['deliveries'][number]['answer'],
  paint: Paint,
): readonly string[] {
  if (outcome === 'answered') {
    const text = `answered ${status}${body === undefined ? '' : ` ${shortened(body)}`}`
    return [`├─ ${paint(status !== undefined && status < 300 ? 'green' : 'red', text)}`]
  }
  if (outcome === 'refused') return [`├─ ${paint('red', `refused: ${plain(reason ?? '')}`)}`]
  return [`├─ ${outcome === 'taken' ? paint('green', 'taken') : paint('red', 'not answered')}`]
}

function timeLines(trial: Trial, phase: 'time' | 'later', paint: Paint): readonly string[] {
  const groups = Map.groupBy(
    trial.happenings.filter((each) => each.phase === phase),
    ({ at }) => at,
  )
  return [...groups].flatMap(([at, happenings]) => [
    paint('bold', phase === 'later' ? `${timeText(at)}, if nothing else comes` : timeText(at)),
    ...stepLines(happenings, trial, paint),
    '',
  ])
}

/** Merges come one by one; people want to know how many. */
function stepLines(happenings: readonly Happening[], trial: Trial, paint: Paint): readonly string[] {
  const merged = happenings.reduce((sum, each) => sum + (each.type === 'merge' ? each.count : 0), 0)
  const first = happenings.find(({ type }) => type === 'merge')
  return happenings.flatMap((each) => {
    if (each.type !== 'merge') return stepLine(each, trial, paint)
    return each === first ? [`├─ ${placeLabel(each.place)} merges ${spans(merged)} into others`] : []
  })
}

function stepLine(happening: Happening, trial: Trial, paint: Paint): readonly string[] {
  const where = placeLabel(happening.place)
  switch (happening.type) {
    case 'passage':
      return passageLines(happening, trial, paint)
    case 'drop':
      return [`├─ ${where} ${paint('yellow', `drops ${spans(happening.count)}: ${happening.reason}`)}`]
    case 'merge':
      return [`├─ ${where} merges ${spans(happening.count)} into others`]
    case 'complaint': {
      const { level, message, fields } = happening
      const { error, reason } = fields
      const more = [reason, error].filter((each) => typeof each === 'string').map((each) => plain(each))
      return [
        `├─ ${where} ${paint('yellow', level === 'warn' ? 'warns' : 'complains')}: ${[plain(message), ...more].join(' ')}`,
      ]
    }
    case 'outgoing': {
      const { request, answer } = happening
      return [
        `├─ ${where} would send ${request.method} ${plain(redactUrl(request.url.href))}, taken as answered with ${answer.status}`,
      ]
    }
  }
}

function passageLines(
  passage: Extract<Happening, { type: 'passage' }>,
  trial: Trial,
  paint: Paint,
): readonly string[] {
  const { place, direction, traces, refusal } = passage
  const where = placeLabel(place)
  const refused = refusal === undefined ? [] : [`│     ${paint('red', `refused: ${plain(refusal)}`)}`]
  if (direction === 'in') {
    if (place.kind === 'exporter')
      return [`├─ ${where} ${paint('cyan', `gets ${spans(traces.spanCount)}`)}`, ...refused]
    if (refused.length > 0) return [`├─ ${where} refuses ${spans(traces.spanCount)}`, ...refused]
    return isPassedOn(passage, trial) ? [] : [`├─ ${where} takes ${spans(traces.spanCount)}`]
  }
  const changes = changesOf(passage, trial.happenings)
  if (changes !== undefined) {
    if (changes.length === 0) return [`├─ ${where} passes on ${spans(traces.spanCount)}`]
    return [
      `├─ ${where} changes what it passes on`,
      ...changes.map(({ field, before, after, spans: count }) => {
        const values =
          before === undefined
            ? `+ ${field} = ${shortened(textOf(after))}`
            : after === undefined
              ? `- ${field}`
              : `~ ${field} = ${shortened(textOf(after))}, was ${shortened(textOf(before))}`
        return `│     ${plain(values)}  ${paint('dim', `on ${spans(count)}`)}`
      }),
    ]
  }
  return [
    `├─ ${where} gives ${spans(traces.spanCount)}`,
    ...Array.from(traces.spans(), (span) => `│     ${spanLine(span)}`),
  ]
}

/** Whether something comes out of the same component at the same time. */
function isPassedOn({ place, at, delivery }: Happening, { happenings }: Trial): boolean {
  return happenings.some(
    (each) =>
      each.type === 'passage' &&
      each.direction === 'out' &&
      each.at === at &&
      each.delivery === delivery &&
      each.place.id === place.id &&
      each.place.pipeline === place.pipeline,
  )
}

function letterLines({ deadLetters }: Trial, paint: Paint): readonly string[] {
  if (deadLetters.length === 0) return []
  const lines = deadLetters.map(({ place, reason }) => `├─ ${placeLabel(place)}: ${plain(reason)}`)
  return [paint('yellow', 'Kept aside as dead letters'), ...lines, '']
}

function heldLines(trial: Trial, paint: Paint): readonly string[] {
  const held = trial.held.map(({ place, spans: count }) => `├─ ${placeLabel(place)} holds ${spans(count)}`)
  return [
    paint('bold', `${timeText(trial.endMs)}, still waiting`),
    ...held,
    '',
    ...timeLines(trial, 'later', paint),
  ]
}

function spanLines(sent: readonly SentSpan[], trial: Trial, paint: Paint): readonly string[] {
  if (sent.length === 0) return [paint('yellow', 'Nothing would be sent.'), '']
  return sent.flatMap((each) => {
    const { exporters, span, isWaiting, at } = each
    const when = isWaiting
      ? paint(
          'yellow',
          `waits for ${missing(span)} until ${timeText(at)}, and would then go to ${exporters.join(', ')}`,
        )
      : `to ${exporters.join(', ')}`
    const rows = isExplained(each)
      ? each.origins.map((origin) => originRow(origin, trial.deliveries.length))
      : [...each.fields].map(([field, value]) => [plain(field), shownValue(field, value)])
    const [fieldWidth, valueWidth] = [0, 1].map((column) =>
      Math.min(longestValue, Math.max(0, ...rows.map((row) => row[column]?.length ?? 0))),
    )
    return [
      `${paint('bold', plain(span.name) || '(no name)')} ${when}`,
      ...rows.map(([field = '', value = '', origin = '']) =>
        `  ${field.padEnd(fieldWidth ?? 0)}  ${value.padEnd(valueWidth ?? 0)}  ${paint('dim', origin)}`.trimEnd(),
      ),
      '',
    ]
  })
}

/** What the assembler says is missing. */
function missing(span: Span): string {
  const incomplete = span.attribute('spanloom.incomplete')
  if (incomplete === 'missing_end') return 'its end'
  return incomplete === 'missing_start' ? 'its start' : 'more'
}

const isExplained = (span: SentSpan): span is ExplainedSpan => 'origins' in span

function originRow({ field, value, how, sources, place }: Origin, deliveries: number): readonly string[] {
  const by = place === undefined ? '' : placeLabel(place)
  const labels = sourceLabels(sources, deliveries).join(', ')
  const from =
    how === 'constant' ? `set by ${by}` : how === 'copied' ? `copied from ${labels}` : `made of ${labels}`
  return [
    plain(field),
    shownValue(field, value),
    plain(how === 'constant' || by === '' ? from : `${from}; ${by}`),
  ]
}

/** Times for people; 64 bits of nanoseconds are for programs. */
function shownValue(field: string, value: Origin['value']): string {
  if (!/timeUnixNano$/i.test(field)) return shortened(textOf(value))
  const nanos = BigInt(textOf(value))
  const fraction = String(nanos % 1_000_000_000n).padStart(9, '0')
  return `${new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19)}.${fraction}Z`
}

function footLines({ deciding, runs, untried }: Explanation, trial: Trial): readonly string[] {
  const labels = sourceLabels(deciding, trial.deliveries.length).map(plain)
  return [
    ...(labels.length === 0 ? [] : [`What becomes of the payload is decided by ${labels.join(', ')}.`]),
    `Origins were found with ${runs} trials.${untried === 0 ? '' : ` ${untried} values were not tried; --trials allows more.`}`,
  ]
}

function spanLine(span: Span): string {
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span
  const part =
    start === 0n
      ? end === 0n
        ? 'update'
        : 'end'
      : end === 0n
        ? 'start'
        : formatDuration(Number(end - start) / 1e6)
  const ids = [`trace ${span.traceId || '?'}`, `span ${span.spanId || '?'}`]
  const parent = span.parentSpanId === '' ? [] : [`parent ${span.parentSpanId}`]
  return [plain(span.name) || '(no name)', part, ...ids, ...parent].join('  ')
}

const spans = (count: number): string => (count === 1 ? '1 span' : `${count} spans`)
const timeText = (ms: number): string => new Date(ms).toISOString()

function shortened(text: string): string {
  const line = plain(text)
  return line.length > longestValue ? `${line.slice(0, longestValue - 1)}…` : line
}
