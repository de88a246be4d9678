/** What one attempt came to. */
export interface Failure {
  /** What happened, for people; holds neither secrets nor anything that the endpoint wrote. */
  readonly reason: string
  /** One line of what the endpoint wrote, which may be anything. */
  readonly excerpt?: string
  /** Status of the answer, if there was one. */
  readonly status?: number
  /** What the endpoint asks for with `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number
  /** The endpoint as a whole is left alone for a while. */
  readonly overloaded: boolean
  /** This delivery is given up (WHX-08). */
  readonly isFinal: boolean
  /** The endpoint wants nothing any more. */
  readonly isGone: boolean
}

/** An answer as far as it was read. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** At most 2 kB. */
  readonly body: string
}

const overload: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Why an answer is no success; `undefined` when it is one. Redirects are failures and are never followed (WHX-06). */
export function failureOf({ status, headers, body }: Answer, nowMs: number): Failure | undefined {
  const aborts = headers['webhook-delivery']?.trim().toLowerCase() === 'abort-message'
  if (status >= 200 && status < 300) return undefined
  const retryAfterMs = parseRetryAfter(headers['retry-after'], nowMs)
  const excerpt = oneLine(body)
  return {
    reason: `answered with status ${status}${aborts ? ' and abort-message' : ''}`,
    ...(excerpt === '' ? {} : { excerpt }),
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    overloaded: overload.has(status),
    isFinal: aborts || status === 410 || status === 413,
    isGone: status === 410,
  }
}

/** With the beginning of the answer, for whoever looks at the one delivery; logs do without it. */
export function wholeReason({ reason, excerpt }: Failure): string {
  return excerpt === undefined ? reason : `${reason}: ${excerpt}`
}

/** Seconds, or an HTTP date; in milliseconds from now. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const at = text.endsWith('GMT') ? Date.parse(text) : NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}

/** Without control characters, which could forge lines of a log. */
const oneLine = (body: string): string => body.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim()
