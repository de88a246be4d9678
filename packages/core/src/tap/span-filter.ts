import type { Span } from '../traces/span.ts'
import { type AttributeValue, Double, isList } from '../traces/values.ts'

/** Which spans are meant; a span has to fit all of it. */
export interface SpanFilter {
  /** Name of the span; `*` stands for anything. */
  readonly name?: string
  /** Trace id, lower-case hex. */
  readonly trace?: string
  /** Attributes of the span, or else of its resource: with that value, or with any. */
  readonly attributes?: readonly { readonly key: string; readonly value?: string }[]
  /** Share of all traces, above 0 to 1: whole traces are chosen by their ids. Default 1. */
  readonly sample?: number
}

/** Answers of a span whether it fits. */
export function spanFilter({
  name,
  trace,
  attributes = [],
  sample = 1,
}: SpanFilter): (span: Span) => boolean {
  const tests: ((span: Span) => boolean)[] = []
  if (trace !== undefined) tests.push((span) => span.traceId === trace)
  if (sample < 1) tests.push((span) => isSampled(span.traceId, sample))
  if (name !== undefined) {
    const fits = wildcard(name)
    tests.push((span) => fits(span.name))
  }
  for (const { key, value } of attributes) {
    tests.push((span) => isValue(span.attribute(key) ?? span.resource.attribute(key), value))
  }
  return (span) => tests.every((test) => test(span))
}

/** The last 13 hex digits are random, and as many as a number holds without loss. */
const randomDigits = 13

function isSampled(traceId: string, share: number): boolean {
  return Number.parseInt(traceId.slice(-randomDigits) || '0', 16) < share * 16 ** randomDigits
}

/** In one pass from left to right, so that no pattern is slow. */
function wildcard(pattern: string): (text: string) => boolean {
  const [head = '', ...middle] = pattern.split('*')
  const tail = middle.pop()
  if (tail === undefined) return (text) => text === pattern
  return (text) => {
    if (!text.startsWith(head)) return false
    let at = head.length
    for (const part of middle) {
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return text.length - tail.length >= at && text.endsWith(tail)
  }
}

function isValue(found: AttributeValue | undefined, wanted: string | undefined): boolean {
  if (found === undefined || found === null) return false
  if (wanted === undefined) return true
  if (found instanceof Double) return String(found.value) === wanted
  if (typeof found !== 'object') return String(found) === wanted
  return isList(found) && found.some((item) => isValue(item, wanted))
}
