import { type AttributeValue, Double, type Span } from '@spanloom/core'

import { thinData } from './thin.ts'

/** JSON whose texts may hold placeholders such as `{{name}}`. */
export type Template = unknown

const placeholder = /\{\{\s*([^{}]+?)\s*\}\}/g
const onlyPlaceholder = /^\{\{\s*([^{}]+?)\s*\}\}$/

/**
 * Fills a template with facts of a span: `type`, every name of the thin form, `attributes.<key>` and `resource.<key>`.
 * A text that is one placeholder becomes the value itself, with its type; what a span lacks is an empty text.
 */
export function fillTemplate(template: Template, span: Span, eventType: string): unknown {
  const thin = new Map(Object.entries({ type: eventType, ...thinData(span) }))
  const valueOf = (path: string): unknown => {
    if (path.startsWith('attributes.')) return plain(span.attribute(path.slice('attributes.'.length)))
    if (path.startsWith('resource.')) return plain(span.resource.attribute(path.slice('resource.'.length)))
    return thin.get(path) ?? ''
  }
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return fillText(value, valueOf)
    if (Array.isArray(value)) return value.map(fill)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]))
  }
  return fill(template)
}

/** Names in placeholders that mean nothing, so that a misspelling is found at the start. */
export function unknownPlaceholders(template: Template): readonly string[] {
  const found = JSON.stringify(template).matchAll(placeholder)
  return [...found].map(([, path = '']) => path).filter((path) => !known.has(path) && !prefixed.test(path))
}

const prefixed = /^(attributes|resource)\../

const known: ReadonlySet<string> = new Set([
  'type',
  'trace_id',
  'span_id',
  'parent_span_id',
  'name',
  'status',
  'status_message',
  'start_time',
  'end_time',
  'duration_ms',
  'event_id',
  'outcome',
  'project_uuid',
  'job_uuid',
  'pipeline_run_uuid',
])

function fillText(text: string, valueOf: (path: string) => unknown): unknown {
  const only = onlyPlaceholder.exec(text)?.[1]
  if (only !== undefined) return valueOf(only)
  return text.replaceAll(placeholder, (_whole, path: string) => {
    const value = valueOf(path)
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

/** Attribute values as JSON has them: 64-bit integers and bytes become text. */
function plain(value: AttributeValue | undefined): unknown {
  if (value === undefined || value === null) return ''
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Double) return value.value
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
