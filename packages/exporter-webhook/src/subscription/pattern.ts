/** Whether a text is matched by the pattern that it was made of. */
export type Matches = (text: string) => boolean

/** Whether the text has wildcards. */
export function isPattern(text: string): boolean {
  return text.split(':').some((segment) => segment === '*' || segment === '**')
}

/** Event types that a text stands for: `*` is one segment between colons, `**` any number of them, none too. */
export function compilePattern(pattern: string): Matches {
  const wanted = pattern.split(':')
  if (!isPattern(pattern)) return (text) => text === pattern
  return (text) => matches(wanted, text.split(':'))
}

/** Backtracks to the last `**` only, which is enough and never exponential. */
function matches(wanted: readonly string[], segments: readonly string[]): boolean {
  let at = 0
  let wantedAt = 0
  let retryWanted = -1
  let retryAt = 0
  while (at < segments.length) {
    const want = wanted[wantedAt]
    if (want === '**') {
      retryWanted = wantedAt++
      retryAt = at
    } else if (want === '*' || want === segments[at]) {
      wantedAt++
      at++
    } else if (retryWanted >= 0) {
      wantedAt = retryWanted + 1
      at = ++retryAt
    } else {
      return false
    }
  }
  return wanted.slice(wantedAt).every((rest) => rest === '**')
}
