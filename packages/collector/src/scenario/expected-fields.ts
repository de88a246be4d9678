import type { ExpectedSpan } from '@spanloom/core'
import type { Span } from '@spanloom/core/traces'

import type { SentSpan } from '../explain/outcome.ts'
import { fieldsOf } from '../explain/span-fields.ts'

/** One thing that is not as a test has it. */
export interface Mismatch {
  readonly field: string
  /** As text; absent: it should not be there. */
  readonly expected?: string
  /** As text; absent: it is not there. */
  readonly actual?: string
}

/** What of an expectation a span does not meet. */
export function mismatches(
  expected: ExpectedSpan,
  { span, exporters, isWaiting }: SentSpan,
  all: readonly SentSpan[],
): readonly Mismatch[] {
  const found: Mismatch[] = []
  const compare = (field: string, wanted: string | undefined, actual: string): void => {
    if (wanted === undefined || wanted === actual) return
    found.push({
      field,
      ...(wanted === '' ? {} : { expected: wanted }),
      ...(actual === '' ? {} : { actual }),
    })
  }
  compare('name', expected.name, span.name)
  if (expected.exporter !== undefined && !exporters.includes(expected.exporter))
    found.push({ field: 'exporter', expected: expected.exporter, actual: exporters.join(', ') })
  if (expected.waiting !== isWaiting)
    found.push({ field: 'waiting', expected: String(expected.waiting), actual: String(isWaiting) })
  compare('kind', expected.kind, span.kind)
  compare('trace_id', expected.trace_id?.toLowerCase(), span.traceId)
  compare('span_id', expected.span_id?.toLowerCase(), span.spanId)
  compare('parent_span_id', expected.parent_span_id?.toLowerCase(), span.parentSpanId)
  compare('parent', expected.parent, parentOf(span, all))
  compare('start', timeOf(expected.start), timeText(span.startTimeUnixNano))
  compare('end', timeOf(expected.end), timeText(span.endTimeUnixNano))
  compare(
    'duration',
    expected.duration === undefined ? undefined : `${expected.duration} ms`,
    `${Number(span.endTimeUnixNano - span.startTimeUnixNano) / 1e6} ms`,
  )
  compare('status', expected.status, span.status.code)
  compare('status_message', expected.status_message, span.status.message)
  const fields = fieldsOf(span)
  found.push(
    ...attributeMismatches('attributes', expected.attributes, fields, expected.exact),
    ...attributeMismatches('resource', expected.resource, fields, false),
    ...listMismatches(
      'events',
      expected.events?.map(({ name, time, attributes }) => ({ name, time: timeOf(time), attributes })),
      span.events.map(({ name, timeUnixNano }) => ({ name, time: timeText(timeUnixNano) })),
      fields,
      expected.exact,
    ),
    ...listMismatches(
      'links',
      expected.links?.map(({ trace_id, span_id, attributes }) => ({ trace_id, span_id, attributes })),
      span.links.map(({ traceId, spanId }) => ({ trace_id: traceId, span_id: spanId })),
      fields,
      expected.exact,
    ),
  )
  return found
}

type Fields = ReturnType<typeof fieldsOf>
type Wanted = Readonly<Record<string, unknown>> | undefined

function attributeMismatches(
  prefix: string,
  wanted: Wanted,
  fields: Fields,
  exact: boolean,
): readonly Mismatch[] {
  const found: Mismatch[] = []
  for (const [key, value] of Object.entries(wanted ?? {})) {
    const field = `${prefix}.${key}`
    const actual = fields.get(field)
    if (value === null) {
      if (actual !== undefined) found.push({ field, actual: shown(actual) })
    } else if (shown(value) !== shown(actual)) {
      found.push({
        field,
        expected: shown(value),
        ...(actual === undefined ? {} : { actual: shown(actual) }),
      })
    }
  }
  if (!exact) return found
  for (const [field, actual] of fields) {
    const key = field.slice(prefix.length + 1)
    if (field.startsWith(`${prefix}.`) && !Object.hasOwn(wanted ?? {}, key))
      found.push({ field, actual: shown(actual) })
  }
  return found
}

/** Each of the wanted ones is there, in order. */
function listMismatches(
  name: 'events' | 'links',
  wanted: readonly (Readonly<Record<string, unknown>> & { readonly attributes: Wanted })[] | undefined,
  actual: readonly Readonly<Record<string, string>>[],
  fields: Fields,
  exact: boolean,
): readonly Mismatch[] {
  if (wanted === undefined) return exact && actual.length > 0 ? [counts(name, 0, actual.length)] : []
  if (exact && wanted.length !== actual.length) return [counts(name, wanted.length, actual.length)]
  const found: Mismatch[] = []
  let next = 0
  for (const { attributes, ...plain } of wanted) {
    const fits = (index: number): boolean =>
      Object.entries(plain).every(([key, value]) => value === undefined || value === actual[index]?.[key]) &&
      attributeMismatches(`${name}[${index}].attributes`, attributes, fields, exact).length === 0
    let index = next
    while (index < actual.length && !fits(index)) index++
    if (index < actual.length) next = index + 1
    else found.push({ field: name, expected: JSON.stringify({ ...plain, attributes }), ...listed(actual) })
  }
  return found
}

const listed = (actual: readonly object[]): Pick<Mismatch, 'actual'> =>
  actual.length === 0 ? {} : { actual: actual.map((each) => JSON.stringify(each)).join(' ') }

const counts = (field: string, expected: number, actual: number): Mismatch => ({
  field,
  expected: `${expected} of them`,
  actual: `${actual} of them`,
})

function parentOf(span: Span, all: readonly SentSpan[]): string {
  if (span.parentSpanId === '') return ''
  const parent = all.find(
    (each) => each.span.spanId === span.parentSpanId && each.span.traceId === span.traceId,
  )
  return parent === undefined ? `span ${span.parentSpanId}, which is not sent` : parent.span.name
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** RFC 3339 with nanoseconds, without zeros at the end. */
function timeText(nanos: bigint): string {
  if (nanos === 0n) return ''
  const seconds = nanos / 1_000_000_000n
  const fraction = String(nanos % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '')
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return `${text}${fraction === '' ? '' : `.${fraction}`}Z`
}

/** The same form for a time of a test; what is no time is compared as it is. */
function timeOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/i.exec(text)
  if (match === null) return text
  const [, date = '', time = '', fraction = '', zone = ''] = match
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`)
  return Number.isFinite(ms) ? timeText(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))) : text
}
