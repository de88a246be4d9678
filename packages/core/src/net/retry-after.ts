/**
 * The wait that a `Retry-After` header asks for, in milliseconds: whole seconds or a date (OTE-06).
 * `undefined` for anything else. `now` is in milliseconds since 1970.
 */
export function parseRetryAfter(
  header: string | readonly string[] | undefined,
  now: number,
): number | undefined {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  // A date has a day's name; Date.parse alone would take almost any number for a year.
  const at = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
