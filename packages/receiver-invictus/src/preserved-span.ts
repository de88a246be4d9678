import { parseOtlpJson, type Span } from '@spanloom/core'

import type { FlowEvent } from './event-model.ts'

/**
 * The span that our exporter put into an event of it with `preserve: true` (`invictus.md` chapter 10): `none` for the
 * events that only announce it, `undefined` for an event that has none to give, so that it is read as any other.
 */
export function preservedSpan(event: FlowEvent): Span | 'none' | undefined {
  const data = event.data
  if (data === undefined || !Object.hasOwn(data, property)) return undefined
  const json = data[property]
  if (typeof json !== 'string') return undefined
  if (json === '') return 'none'
  try {
    const [span, ...others] = parseOtlpJson(asTraces(json)).spans()
    return others.length === 0 ? span : undefined
  } catch {
    // Somebody else's property of that name, or a damaged one: the event itself still tells its story.
    return undefined
  }
}

const property = 'otel.json'

/** OTLP JSON of a whole batch as it is, that of a bare span with the levels around it. */
function asTraces(json: string): string {
  const document: unknown = JSON.parse(json)
  const bare = typeof document === 'object' && document !== null && Object.hasOwn(document, 'traceId')
  return bare ? `{"resourceSpans":[{"scopeSpans":[{"spans":[${json}]}]}]}` : json
}
