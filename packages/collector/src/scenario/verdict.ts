import type { ExpectedSpan, TestConfig } from '@spanloom/core'

import { type SentSpan, sentSpans } from '../explain/outcome.ts'
import type { Trial } from '../explain/trial.ts'
import { type Mismatch, mismatches } from './expected-fields.ts'

/** One way in which a test failed. */
export interface Failure {
  /** What was expected, in a sentence. */
  readonly message: string
  /** How the nearest span differs. */
  readonly mismatches: readonly Mismatch[]
}

/** What a test is worth. */
export interface Verdict {
  readonly name: string
  readonly failures: readonly Failure[]
}

/** Holds the outcome against what a test expects. */
export function judge({ name, expect }: TestConfig, trial: Trial): Verdict {
  const sent = sentSpans(trial)
  const { left, failures } = judgeSpans(expect.spans, sent)
  const others = expect.exact ? left.filter(({ isWaiting }) => !isWaiting) : []
  return {
    name,
    failures: [
      ...answerFailures(expect, trial),
      ...failures,
      ...others.map(({ span, exporters }) => ({
        message: `Span "${span.name}" is sent to ${exporters.join(', ')}, and nobody expects it.`,
        mismatches: [],
      })),
      ...dropFailures(expect, trial),
    ],
  }
}

interface SpanJudgement {
  readonly failures: readonly Failure[]
  /** Spans that nobody expects. */
  readonly left: readonly SentSpan[]
}

function judgeSpans(expected: readonly ExpectedSpan[], sent: readonly SentSpan[]): SpanJudgement {
  const left = new Set(sent)
  const open: ExpectedSpan[] = []
  const failures: Failure[] = []
  for (const each of expected) {
    let found = 0
    for (const span of left) {
      if (found === Math.max(1, each.count) || mismatches(each, span, sent).length > 0) continue
      if (each.count > 0) left.delete(span)
      found++
    }
    if (each.count === 0 && found > 0) failures.push({ message: `${named(each)} is sent.`, mismatches: [] })
    else if (found < each.count && each.count === 1) open.push(each)
    else if (found < each.count)
      failures.push({ message: `${named(each)} is sent ${found} of ${each.count} times.`, mismatches: [] })
  }
  // Spans that somebody else expects are no comparison, so the nearest one is looked for when all others are gone.
  for (const each of open) {
    const nearest = [...left]
      .map((span) => ({ span, differences: mismatches(each, span, sent) }))
      .toSorted((a, b) => distance(each, a) - distance(each, b))[0]
    if (nearest === undefined) failures.push({ message: `${named(each)} is not sent.`, mismatches: [] })
    else {
      left.delete(nearest.span)
      failures.push({ message: `${named(each)} is not sent as expected.`, mismatches: nearest.differences })
    }
  }
  return { failures, left: [...left] }
}

interface Candidate {
  readonly span: SentSpan
  readonly differences: readonly Mismatch[]
}

/** A span of another name is farther away than one with many other attributes. */
function distance({ name }: ExpectedSpan, { span, differences }: Candidate): number {
  return differences.length + (name === undefined || name === span.span.name ? 0 : 1_000)
}

const named = ({ name }: ExpectedSpan): string => (name === undefined ? 'A span' : `Span "${name}"`)

function answerFailures({ answers }: TestConfig['expect'], { deliveries }: Trial): readonly Failure[] {
  return answers.flatMap(({ status, body }, index) => {
    const answer = deliveries[index]?.answer
    const differences: Mismatch[] = []
    if (status !== undefined && status !== answer?.status)
      differences.push({
        field: 'status',
        expected: String(status),
        actual: String(answer?.status ?? answer?.outcome),
      })
    if (body !== undefined && answer?.body?.includes(body) !== true)
      differences.push({ field: 'body', expected: `… ${body} …`, actual: answer?.body ?? '' })
    return differences.length === 0
      ? []
      : [{ message: `Input ${index + 1} is answered otherwise.`, mismatches: differences }]
  })
}

function dropFailures({ drops }: TestConfig['expect'], { happenings }: Trial): readonly Failure[] {
  const counted = new Map<string, number>()
  for (const each of happenings) {
    if (each.type === 'drop' && each.phase !== 'later')
      counted.set(each.reason, (counted.get(each.reason) ?? 0) + each.count)
  }
  const differences = Object.entries(drops ?? {}).flatMap(([reason, expected]): Mismatch[] => {
    const actual = counted.get(reason) ?? 0
    return actual === expected ? [] : [{ field: reason, expected: String(expected), actual: String(actual) }]
  })
  return differences.length === 0
    ? []
    : [{ message: 'Other numbers of spans are dropped.', mismatches: differences }]
}
