import { type AttributeValue, closest, type ConfigOf, type ReportIssue } from '@spanloom/core'

import { asText, type SpanPredicate } from '../match/match-properties.ts'
import { compilePattern } from '../match/pattern.ts'

/** Conditions of our own (decision 7): all fields of one condition must fit, one condition of the list is enough. */
export const conditionsSchema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      name: {
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        description: 'Name of the span, or several of which one must fit.',
      },
      name_regexp: { type: 'string', description: 'Regular expression that the name must contain.' },
      kind: {
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        description: 'Kind of the span: `SERVER`, `CLIENT`, `PRODUCER`, `CONSUMER`, `INTERNAL`.',
      },
      status: {
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        description: 'Status code: `UNSET`, `OK` or `ERROR`.',
      },
      service: {
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        description: 'Resource attribute `service.name`.',
      },
      attributes: {
        type: 'object',
        additionalProperties: { any: true },
        description:
          'Attribute to value, or to a list of values of which one must fit; `null` = must be absent.',
      },
      resource: {
        type: 'object',
        additionalProperties: { any: true },
        description: 'The same for resource attributes.',
      },
      min_duration: { type: 'string', format: 'duration', description: 'The span took at least this long.' },
      max_duration: { type: 'string', format: 'duration', description: 'The span took at most this long.' },
    },
  },
} as const

export type Condition = ConfigOf<typeof conditionsSchema>[number]

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const statusCodes = ['UNSET', 'OK', 'ERROR']

/** Reports empty conditions, words that no span has and expressions that do not compile. */
export function checkConditions(conditions: readonly Condition[], path: string, report: ReportIssue): void {
  for (const [index, condition] of conditions.entries()) {
    const at = [path, String(index)]
    if (Object.values(condition).every((field) => field === undefined))
      report(at, 'a condition needs at least one field')
    for (const kind of listOf(condition.kind)) {
      if (!kinds.includes(kind))
        report(
          [...at, 'kind'],
          `"${kind}" is no span kind (valid values: ${kinds.join(', ')})`,
          closest(kind, kinds),
        )
    }
    for (const code of listOf(condition.status)) {
      if (!statusCodes.includes(code)) {
        report(
          [...at, 'status'],
          `"${code}" is no status code (valid values: ${statusCodes.join(', ')})`,
          closest(code, statusCodes),
        )
      }
    }
    if (condition.name_regexp === undefined) continue
    try {
      compilePattern(condition.name_regexp)
    } catch (error) {
      report([...at, 'name_regexp'], `invalid regular expression: ${String(error)}`)
    }
  }
}

/** Whether any of the conditions fits. */
export function compileConditions(conditions: readonly Condition[]): SpanPredicate {
  const tests = conditions.map(compileCondition)
  return (span) => tests.some((test) => test(span))
}

function compileCondition(condition: Condition): SpanPredicate {
  const tests: SpanPredicate[] = []
  const { min_duration: minMs, max_duration: maxMs } = condition
  if (condition.status !== undefined) {
    const codes = new Set(listOf(condition.status))
    tests.push((span) => codes.has(span.status.code))
  }
  if (condition.kind !== undefined) {
    const wanted = new Set(listOf(condition.kind))
    tests.push((span) => wanted.has(span.kind))
  }
  if (condition.name !== undefined) {
    const names = new Set(listOf(condition.name))
    tests.push((span) => names.has(span.name))
  }
  if (condition.name_regexp !== undefined) {
    const pattern = compilePattern(condition.name_regexp)
    tests.push((span) => pattern.test(span.name))
  }
  if (condition.service !== undefined) {
    const services = new Set(listOf(condition.service))
    tests.push((span) => services.has(asText(span.resource.attribute('service.name') ?? '')))
  }
  if (minMs !== undefined) tests.push((span) => durationMs(span) >= minMs)
  if (maxMs !== undefined) tests.push((span) => durationMs(span) <= maxMs)
  for (const [key, wanted] of Object.entries(condition.attributes ?? {})) {
    const fits = valueTest(wanted)
    tests.push((span) => fits(span.attribute(key)))
  }
  for (const [key, wanted] of Object.entries(condition.resource ?? {})) {
    const fits = valueTest(wanted)
    tests.push((span) => fits(span.resource.attribute(key)))
  }
  return (span) => tests.every((test) => test(span))
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value

const durationMs = (span: { startTimeUnixNano: bigint; endTimeUnixNano: bigint }): number =>
  Number(span.endTimeUnixNano - span.startTimeUnixNano) / 1e6

function valueTest(wanted: unknown): (value: AttributeValue | undefined) => boolean {
  if (wanted === null) return (value) => value === undefined
  const texts = new Set((Array.isArray(wanted) ? wanted : [wanted]).map(String))
  return (value) => value !== undefined && texts.has(asText(value))
}
