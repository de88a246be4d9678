import type { Attributes, Span } from '@spanloom/core'

import { durationText, plainText, timeText, valueText } from './plain-text.ts'

/** One line for each span: name, ids, duration and attributes. */
export function renderNormal(spans: Iterable<Span>): string {
  return Array.from(spans, (span) => {
    const { startTimeUnixNano: start, endTimeUnixNano: end } = span
    const duration = start === 0n || end < start ? '-' : durationText(end - start)
    const attributes = Object.entries(span.attributes).map(
      ([key, value]) => `${plainText(key)}=${valueText(value)}`,
    )
    return `${[plainText(span.name), span.traceId, span.spanId, duration, ...attributes].join(' ')}\n`
  }).join('')
}

/** Every field of every span, a few lines for each. */
export function renderDetailed(spans: Iterable<Span>): string {
  const lines: string[] = []
  let above: Span | undefined
  for (const span of spans) {
    if (above?.resource !== span.resource) lines.push('Resource', ...attributeLines(span.resource.attributes))
    if (above?.scope !== span.scope)
      lines.push(`Scope ${plainText(`${span.scope.name} ${span.scope.version}`)}`)
    lines.push(...spanLines(span))
    above = span
  }
  return lines.map((line) => `${line}\n`).join('')
}

function spanLines(span: Span): readonly string[] {
  const { status } = span
  return [
    `Span ${plainText(span.name)}`,
    `    Trace id   ${span.traceId}`,
    `    Span id    ${span.spanId}`,
    `    Parent id  ${span.parentSpanId}`,
    `    Kind       ${span.kind}`,
    `    Start      ${timeText(span.startTimeUnixNano)}`,
    `    End        ${timeText(span.endTimeUnixNano)}`,
    `    Status     ${status.code} ${plainText(status.message)}`.trimEnd(),
    `    Flags      ${span.flags}`,
    ...(span.traceState === '' ? [] : [`    State      ${plainText(span.traceState)}`]),
    ...attributeLines(span.attributes),
    ...span.events.flatMap((event) => [
      `    Event ${timeText(event.timeUnixNano)} ${plainText(event.name)}`,
      ...attributeLines(event.attributes, '        '),
    ]),
    ...span.links.flatMap((link) => [
      `    Link ${link.traceId}/${link.spanId}`,
      ...attributeLines(link.attributes, '        '),
    ]),
    ...droppedLines(span),
  ]
}

function attributeLines(attributes: Attributes, indent = '    '): readonly string[] {
  return Object.entries(attributes).map(([key, value]) => `${indent}- ${plainText(key)}: ${valueText(value)}`)
}

function droppedLines(span: Span): readonly string[] {
  const { droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span
  if (droppedAttributesCount + droppedEventsCount + droppedLinksCount === 0) return []
  return [
    `    Dropped    ${droppedAttributesCount} attributes, ${droppedEventsCount} events, ${droppedLinksCount} links`,
  ]
}
