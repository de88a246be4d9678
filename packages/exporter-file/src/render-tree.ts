import type { AttributeValue, Span, SpanLink } from '@spanloom/core'

import { palette, type Palette } from './palette.ts'
import { durationText, plainText, timeText, valueText } from './plain-text.ts'
import { type SpanNode, toTrees, type TraceTree } from './span-tree.ts'

/** How the tree is shown. */
export interface RenderOptions {
  /** Whether the text may hold the colour codes of a terminal. Default false. */
  readonly color?: boolean
  /** Which attributes of spans are shown, each on a line of its own. Default: none. */
  readonly attribute?: (key: string) => boolean
}

/**
 * Shows spans as an indented tree for people: name, duration, service, status, what is incomplete, and links.
 * Ends with a newline, unless there are no spans. Text from the spans cannot control a terminal.
 */
export function renderTree(
  spans: Iterable<Span>,
  { color = false, attribute = () => false }: RenderOptions = {},
): string {
  const colors = palette(color)
  return toTrees(spans)
    .map((tree) => `${[heading(tree, colors)].concat(branches(tree, colors, attribute)).join('\n')}\n`)
    .join('')
}

/** Deeper levels are shown, but not indented further: hostile nesting must not make a small batch a huge text. */
const maxIndent = 40

interface Branch {
  readonly node: SpanNode
  readonly last: boolean
  readonly indent: string
  readonly depth: number
  readonly service: string | undefined
}

function heading({ traceId, spanCount, roots }: TraceTree, { faint, strong }: Palette): string {
  const count = spanCount === 1 ? '1 span' : `${spanCount} spans`
  return `${strong(`trace ${traceId}`)} ${faint(`${count}, ${timeText(roots[0]?.time ?? 0n)}`)}`
}

/** Walks with a list of its own, because spans may be nested deeper than the stack. */
function branches({ roots }: TraceTree, colors: Palette, attribute: (key: string) => boolean): string[] {
  const lines: string[] = []
  const open = toBranches(roots, '', 0, undefined)
  for (let branch = open.pop(); branch !== undefined; branch = open.pop()) {
    const { node, last, indent, depth } = branch
    const service = serviceOf(node.span)
    const below = depth < maxIndent ? `${indent}${last ? '   ' : '│  '}` : indent
    lines.push(`${colors.faint(indent + (last ? '└─ ' : '├─ '))}${spanLine(branch, service, colors)}`)
    const bar = node.children.length > 0 ? '│  ' : '   '
    for (const [key, value] of Object.entries(node.span.attributes)) {
      if (attribute(key)) lines.push(colors.faint(below + bar + attributeLine(key, value)))
    }
    for (const link of node.span.links) lines.push(`${colors.faint(below + bar)}${linkLine(link, colors)}`)
    open.push(...toBranches(node.children, below, depth + 1, service))
  }
  return lines
}

/** In reverse, so that the first one is on top of the pile. */
function toBranches(
  nodes: readonly SpanNode[],
  indent: string,
  depth: number,
  service: string | undefined,
): Branch[] {
  return nodes
    .map((node, index) => ({ node, last: index === nodes.length - 1, indent, depth, service }))
    .toReversed()
}

function spanLine(
  { node: { span }, service: above }: Branch,
  service: string | undefined,
  colors: Palette,
): string {
  const { faint, strong, odd } = colors
  const parts = [strong(plainText(span.name) || '(no name)'), duration(span)]
  if (span.kind !== 'INTERNAL' && span.kind !== 'UNSPECIFIED') parts.push(faint(span.kind.toLowerCase()))
  if (service !== undefined && service !== above) parts.push(faint(`[${plainText(service)}]`))
  parts.push(...statusParts(span, colors))
  for (const mark of marks(span)) parts.push(odd(mark))
  return parts.join('  ')
}

function duration({ startTimeUnixNano: start, endTimeUnixNano: end }: Span): string {
  if (start === 0n) return end === 0n ? '(update)' : '(end)'
  if (end === 0n) return '(start)'
  return end < start ? '(ends before it starts)' : durationText(end - start)
}

function statusParts({ status: { code, message } }: Span, { good, bad }: Palette): readonly string[] {
  if (code === 'OK') return [good('OK')]
  if (code !== 'ERROR') return []
  return [bad(message === '' ? 'ERROR' : `ERROR: ${plainText(message)}`)]
}

/** What the assembler says about a span that is not whole. */
function marks(span: Span): readonly string[] {
  const incomplete = span.attribute('spanloom.incomplete')
  return [
    ...(typeof incomplete === 'string' ? [plainText(incomplete.replaceAll('_', ' '))] : []),
    ...(span.attribute('spanloom.late') === true ? ['late'] : []),
    ...(span.attribute('spanloom.timing.clamped') === true ? ['clock skew'] : []),
  ]
}

/** Longest value that is shown; the rest is cut off. */
const longestValue = 160

function attributeLine(key: string, value: AttributeValue): string {
  const text = valueText(value)
  return `${plainText(key)}=${text.length > longestValue ? `${text.slice(0, longestValue)}…` : text}`
}

function linkLine({ traceId, spanId, attributes }: SpanLink, { reference }: Palette): string {
  const reason = attributes['spanloom.link.reason']
  return reference(`↗ ${typeof reason === 'string' ? plainText(reason) : 'link'} ${traceId}/${spanId}`)
}

function serviceOf(span: Span): string | undefined {
  const service = span.resource.attribute('service.name')
  return typeof service === 'string' ? service : undefined
}
