import { type BoundarySide, HttpFault, parseDuration, type SpanFilter, type TapTarget } from '@spanloom/core'

/** What a request for a tap asks for. */
export interface TapQuery {
  readonly target: TapTarget
  readonly filter: SpanFilter
  /** Spans after which the tap ends. */
  readonly limit: number | undefined
  /** Milliseconds after which it ends. */
  readonly forMs: number | undefined
}

const known: ReadonlySet<string> = new Set([
  'at',
  'side',
  'pipeline',
  'name',
  'trace',
  'attribute',
  'sample',
  'limit',
  'for',
])
/** A filter is asked of every span, so that it stays small. */
const mostAttributes = 16

/** Reads the query of `/api/tap`. @throws HttpFault 400 naming the parameter that is at fault */
export function parseTapQuery(query: URLSearchParams): TapQuery {
  for (const name of query.keys()) {
    if (!known.has(name)) throw fault(`There is no parameter ${JSON.stringify(name)}.`)
    if (name !== 'attribute' && query.getAll(name).length > 1) throw fault(`${name} is given twice.`)
  }
  const text = (name: string): string | undefined => query.get(name) ?? undefined
  const at = text('at')
  if (at === undefined) throw fault('The parameter at is missing, such as at=receivers/otlp.')
  const side = sideOf(text('side'))
  const pipeline = text('pipeline')
  const name = text('name')
  const trace = text('trace')?.toLowerCase()
  if (trace !== undefined && !/^[0-9a-f]{32}$/.test(trace))
    throw fault('trace is no trace id of 32 hex digits.')
  const attributes = query.getAll('attribute').map(attributeOf)
  if (attributes.length > mostAttributes) throw fault(`There are more than ${mostAttributes} attributes.`)
  const sample = shareOf(text('sample'))
  return {
    target: { at, ...(side && { side }), ...(pipeline !== undefined && { pipeline }) },
    filter: {
      attributes,
      ...(name !== undefined && { name }),
      ...(trace !== undefined && { trace }),
      ...(sample !== undefined && { sample }),
    },
    limit: countOf(text('limit')),
    forMs: durationOf(text('for')),
  }
}

function sideOf(text: string | undefined): BoundarySide | undefined {
  if (text === undefined || text === 'input' || text === 'output') return text
  throw fault('side is input or output.')
}

function attributeOf(text: string): { readonly key: string; readonly value?: string } {
  const at = text.indexOf('=')
  const key = at < 0 ? text : text.slice(0, at)
  if (key === '') throw fault('attribute looks like key=value, or key alone for any value.')
  return at < 0 ? { key } : { key, value: text.slice(at + 1) }
}

function shareOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const share = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : 0
  if (share > 0 && share <= 1) return share
  throw fault('sample is a share of all traces, above 0 and at most 1, such as 0.1.')
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text)
  throw fault('limit is a number of spans, 1 or more.')
}

function durationOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (typeof ms === 'number' && ms > 0) return ms
  throw fault('for is a duration such as 10s or 5m.')
}

const fault = (message: string): HttpFault => new HttpFault(400, 'TAP_QUERY_INVALID', message)
