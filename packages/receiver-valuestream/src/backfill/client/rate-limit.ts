import type { IncomingHttpHeaders } from 'node:http'

/** An answer, as far as limits are concerned. */
export interface LimitedAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Beginning of the body of an error. */
  readonly text: string
}

/** What a limit asks for. */
export interface Wait {
  readonly ms: number
  readonly why: 'rate_limit' | 'secondary_limit'
}

/** What a secondary limit asks for where it names no time. */
const secondaryMs = 60_000
/** Clocks differ; a moment later is surely after the reset. */
const marginMs = 1_000
/** No limit of these APIs lasts longer; a longer wait is a mistake of a header. */
const longestMs = 2 * 3_600_000

/**
 * How long to wait before the request may be made again; `undefined` when the answer tells of no limit.
 *
 * GitHub answers 403 or 429, with `x-ratelimit-reset` (unix seconds) for the primary limit and `retry-after` or only
 * words for secondary ones. GitLab answers 429 with `retry-after` and `ratelimit-reset`. Jira answers 429 with
 * `retry-after`, or `x-ratelimit-reset` as a date.
 */
export function limitOf({ status, headers, text }: LimitedAnswer, nowMs: number): Wait | undefined {
  if (status !== 429 && status !== 403) return undefined
  const after = retryAfterMs(headers['retry-after'], nowMs)
  const secondary = /secondary rate limit|abuse detection/i.test(text)
  if (after !== undefined) return bounded(after, secondary ? 'secondary_limit' : 'rate_limit')
  if (remaining(headers) === 0) return bounded(resetMs(headers, nowMs) ?? secondaryMs, 'rate_limit')
  if (secondary) return { ms: secondaryMs, why: 'secondary_limit' }
  if (status === 429) return bounded(resetMs(headers, nowMs) ?? secondaryMs, 'rate_limit')
  return undefined
}

/** How long to wait before the next request although this one was answered: nothing is left of the limit. */
export function exhausted(headers: IncomingHttpHeaders, nowMs: number): Wait | undefined {
  if (remaining(headers) !== 0) return undefined
  const reset = resetMs(headers, nowMs)
  return reset === undefined ? undefined : bounded(reset, 'rate_limit')
}

function bounded(ms: number, why: Wait['why']): Wait {
  return { ms: Math.min(Math.max(0, ms) + marginMs, longestMs), why }
}

function remaining(headers: IncomingHttpHeaders): number | undefined {
  const text = first(headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining'])
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

function resetMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const text = first(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset'])
  if (text === undefined) return undefined
  const time = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  return Number.isNaN(time) ? undefined : time - nowMs
}

/** Seconds, or a date. */
function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const time = Date.parse(header)
  return Number.isNaN(time) ? undefined : time - nowMs
}

const first = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value.trim() : value?.[0]?.trim()
