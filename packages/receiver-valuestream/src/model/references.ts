/** How a source spells the namespace of its own repository or project, longest first (`valuestream.md` chapter 4). */
export type OwnNamespaces = readonly string[]

const candidatePattern = /vstrace-[0-9A-Za-z]+-[0-9A-Za-z_./-]+/
const formPattern = /^vstrace-([0-9A-Za-z]+)-([0-9A-Za-z_]+)-(.*)$/s
const jiraPattern = /^vstrace-jiracloud-(?:issue-[A-Za-z][0-9A-Za-z_]*-\d+|sprint-\d+)/
/** References are looked for in descriptions, too; longer texts are not read to their end. */
const searchedLength = 65_536

/** The first reference in the texts, in their order; a text may be absent. */
export function findReference(
  texts: readonly (string | undefined)[],
  own: OwnNamespaces = [],
): string | undefined {
  for (const text of texts) {
    if (text === undefined) continue
    // Most texts have none, and finding that out by a pattern costs more than all the rest of an event.
    const at = text.indexOf('vstrace-')
    const candidate = at < 0 ? undefined : candidatePattern.exec(text.slice(at, at + searchedLength))?.[0]
    if (candidate !== undefined) return cut(trimmed(candidate), own)
  }
  return undefined
}

/** By hand: a pattern at the end of a hostile text takes quadratic time. */
function trimmed(candidate: string): string {
  let end = candidate.length
  while ('./_-'.includes(candidate[end - 1] ?? 'x')) end -= 1
  return candidate.slice(0, end)
}

/** Cuts what a branch name or sentence adds behind a reference, by its form alone. */
function cut(candidate: string, own: OwnNamespaces): string {
  const jira = jiraPattern.exec(candidate)?.[0]
  if (jira !== undefined) return jira
  const [, source, type, rest = ''] = formPattern.exec(candidate) ?? []
  if (source !== 'github' && source !== 'gitlab') return candidate
  const attempts = source === 'github' && type === 'pipeline'
  for (const namespace of own) {
    const identifier = rest.startsWith(`${namespace}-`)
      ? leadingNumber(rest.slice(namespace.length + 1), attempts)
      : ''
    if (identifier !== '') return `vstrace-${source}-${type}-${namespace}-${identifier}`
  }
  return afterNumber(candidate, `vstrace-${source}-`.length, attempts)
}

/** Digits at the beginning, with a second number behind them where `attempts`. */
function leadingNumber(text: string, attempts: boolean): string {
  const pattern = attempts ? /^\d+(?:-\d+(?![0-9A-Za-z_.]))?/ : /^\d+/
  return pattern.exec(text)?.[0] ?? ''
}

const types: ReadonlySet<string> = new Set([
  'issue',
  'pull_request',
  'build',
  'job',
  'deploy',
  'pipeline',
  'sprint',
])

/** Up to the first segment of digits that has a namespace before it; the forms before 2019-11 name no type. */
function afterNumber(candidate: string, start: number, attempts: boolean): string {
  const segments = [...candidate.slice(start).matchAll(/[^/-]+/g)]
  const namespaceAt = types.has(segments[0]?.[0] ?? '') ? 1 : 0
  const found = segments.findIndex(([text], index) => index > namespaceAt && /^\d+$/.test(text))
  if (found < 0) return candidate
  const next = segments[found + 1]
  const last = attempts && next !== undefined && /^\d+$/.test(next[0]) ? next : segments[found]
  return candidate.slice(0, start + (last?.index ?? 0) + (last?.[0].length ?? 0))
}

const closingPattern = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)/i
const jiraKeyPattern = /\b[A-Z][A-Z0-9]+-\d+\b/

/** Number of the issue that the text says it closes. */
export function closedIssue(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes('#')) return undefined
  return closingPattern.exec(text.slice(0, searchedLength))?.[1]
}

/** Reference to the issue whose key stands in one of the texts. */
export function jiraIssue(texts: readonly (string | undefined)[]): string | undefined {
  for (const text of texts) {
    const key = text === undefined ? undefined : jiraKeyPattern.exec(text.slice(0, searchedLength))?.[0]
    if (key !== undefined) return `vstrace-jiracloud-issue-${key}`
  }
  return undefined
}

const traceparentPattern = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/

/** Trace and span that a W3C `traceparent` names. */
export function parseTraceparent(
  value: unknown,
): { readonly traceId: string; readonly spanId: string } | undefined {
  if (typeof value !== 'string' || value.length > 128) return undefined
  const [, version, traceId = '', spanId = '', more] = traceparentPattern.exec(value.trim()) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined
  return /[^0]/.test(traceId) && /[^0]/.test(spanId) ? { traceId, spanId } : undefined
}
