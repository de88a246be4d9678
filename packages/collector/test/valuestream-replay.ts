import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseOtlpJson, type Span } from '@spanloom/core'

import { exampleFolder } from './example-run.ts'

/** A recorded webhook. */
export interface Recorded {
  readonly source: 'github' | 'jenkins' | 'jiracloud'
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** The week that stands beside the example. */
export const week: readonly Recorded[] = readFileSync(
  join(exampleFolder, 'samples/valuestream-week.jsonl'),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded)

const paths = { github: '/github', jenkins: '/jenkins', jiracloud: '/jira' }

/** Sends a webhook as its tool would; answers the status. */
export async function post(address: string, { source, headers, body }: Recorded): Promise<number> {
  const response = await fetch(`http://${address}${paths[source]}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  await response.arrayBuffer()
  return response.status
}

/** The figures on the metrics page, without their comments. */
export async function figuresOf(port: number): Promise<readonly string[]> {
  const page = await (await fetch(`http://localhost:${port}/metrics`)).text()
  return page
    .split('\n')
    .filter((line) => line.startsWith('otelcol_connector_value_stream_'))
    .toSorted()
}

/** All spans in a file of OTLP JSON lines. */
export const spansIn = (text: string): readonly Span[] =>
  text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => [...parseOtlpJson(line).spans()])

/** Everything that a span says, as text. */
export function inFull(span: Span): string {
  const { traceId, spanId, parentSpanId, name, kind, startTimeUnixNano, endTimeUnixNano, status } = span
  return JSON.stringify(
    [
      [traceId, spanId, parentSpanId, name, kind, startTimeUnixNano, endTimeUnixNano, status],
      Object.entries(span.attributes).toSorted(byText),
      Object.entries(span.resource.attributes).toSorted(byText),
      span.events.map((event) => [event.timeUnixNano, event.name, event.attributes]),
      span.links.map((link) => [link.traceId, link.spanId, link.attributes]).toSorted(byText),
    ],
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  )
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

/** The list in another order, the same for equal seeds. */
export function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  let state = seed
  return list
    .map((item) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return [state, item] as const
    })
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)
}
