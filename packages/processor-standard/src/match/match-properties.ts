import type { AttributeValue, ConfigOf, ReportIssue, Span } from '@spanloom/core'

import { compilePattern } from './pattern.ts'

/** `include` and `exclude` of the reference collector's processors: all properties given must match. */
export const matchProperties = {
  type: 'object',
  section: 'bare',
  description: 'Properties of a span; all that are given must match, one of each list.',
  properties: {
    match_type: {
      type: 'string',
      enum: ['strict', 'regexp'],
      default: 'strict',
      description: 'Whether texts are compared as they are or as regular expressions.',
    },
    regexp: { any: true, ignored: 'The cache settings of regular expressions have no effect.' },
    services: {
      type: 'array',
      items: { type: 'string' },
      description: 'Values of the resource attribute `service.name`.',
    },
    span_names: { type: 'array', items: { type: 'string' }, description: 'Names of spans.' },
    span_kinds: {
      type: 'array',
      items: { type: 'string' },
      description: 'Kinds of spans, such as `SPAN_KIND_SERVER` or `SERVER`.',
    },
    attributes: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          key: { type: 'string', minLength: 1, description: 'Attribute to look at.' },
          value: {
            any: true,
            description: 'Value it must have; without it the attribute only has to be there.',
          },
        },
        required: ['key'],
      },
      description: 'Attributes of the span.',
    },
    resources: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          key: { type: 'string', minLength: 1, description: 'Attribute to look at.' },
          value: {
            any: true,
            description: 'Value it must have; without it the attribute only has to be there.',
          },
        },
        required: ['key'],
      },
      description: 'Attributes of the resource.',
    },
    libraries: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string', description: 'Name of the instrumentation scope.' },
          version: { type: 'string', description: 'Version of the instrumentation scope.' },
        },
        required: ['name'],
      },
      description: 'Instrumentation scopes.',
    },
  },
} as const

export type MatchProperties = NonNullable<ConfigOf<typeof matchProperties>>

/** Whether a span fits. */
export type SpanPredicate = (span: Span) => boolean

/** Reports expressions that do not compile and properties without any condition. */
export function checkMatchProperties(
  match: MatchProperties,
  path: readonly string[],
  report: ReportIssue,
): void {
  const lists = ['services', 'span_names', 'span_kinds', 'attributes', 'resources', 'libraries'] as const
  if (lists.every((name) => (match[name] ?? []).length === 0)) {
    report(path, `at least one of ${lists.map((name) => `"${name}"`).join(', ')} must be specified`)
  }
  if (match.match_type !== 'regexp') return
  for (const name of ['services', 'span_names'] as const) {
    for (const [index, text] of (match[name] ?? []).entries()) {
      try {
        compilePattern(text)
      } catch (error) {
        report([...path, name, String(index)], `invalid regular expression: ${String(error)}`)
      }
    }
  }
}

/** Compiles the properties once; the predicate reads only the fields it needs. */
export function compileMatch(match: MatchProperties): SpanPredicate {
  const textMatcher = (texts: readonly string[]): ((text: string) => boolean) => {
    if (match.match_type === 'strict') {
      const wanted = new Set(texts)
      return (text) => wanted.has(text)
    }
    const patterns = texts.map(compilePattern)
    return (text) => patterns.some((pattern) => pattern.test(text))
  }
  const tests: SpanPredicate[] = []
  if (match.services && match.services.length > 0) {
    const fits = textMatcher(match.services)
    tests.push((span) => fits(asText(span.resource.attribute('service.name') ?? '')))
  }
  if (match.span_names && match.span_names.length > 0) {
    const fits = textMatcher(match.span_names)
    tests.push((span) => fits(span.name))
  }
  if (match.span_kinds && match.span_kinds.length > 0) {
    const fits = textMatcher(match.span_kinds.map((kind) => kind.replace(/^SPAN_KIND_/, '')))
    tests.push((span) => fits(span.kind))
  }
  if (match.libraries && match.libraries.length > 0) {
    const wanted = match.libraries.map(({ name, version }) => ({ fits: textMatcher([name]), version }))
    tests.push((span) =>
      wanted.some(
        ({ fits, version }) =>
          fits(span.scope.name) && (version === undefined || version === span.scope.version),
      ),
    )
  }
  for (const { key, value } of match.attributes ?? []) {
    const fits = valueMatcher(value, textMatcher)
    tests.push((span) => fits(span.attribute(key)))
  }
  for (const { key, value } of match.resources ?? []) {
    const fits = valueMatcher(value, textMatcher)
    tests.push((span) => fits(span.resource.attribute(key)))
  }
  return (span) => tests.every((test) => test(span))
}

function valueMatcher(
  wanted: unknown,
  textMatcher: (texts: readonly string[]) => (text: string) => boolean,
): (value: AttributeValue | undefined) => boolean {
  if (wanted === undefined || wanted === null) return (value) => value !== undefined
  if (typeof wanted === 'string') {
    const fits = textMatcher([wanted])
    return (value) => typeof value === 'string' && fits(value)
  }
  const text = JSON.stringify(wanted)
  return (value) => value !== undefined && typeof value === typeof wanted && asText(value) === text
}

/** Scalar attribute values as text; lists, maps and bytes as JSON. */
export function asText(value: AttributeValue): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  return (
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)) ?? ''
  )
}
