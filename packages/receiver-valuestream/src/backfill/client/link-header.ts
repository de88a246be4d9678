/** The address of the next page that a `Link` header names (RFC 8288). */
export function nextLink(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.join(', ')
  // A header of that size is no list of pages.
  if (text === undefined || text.length > 16_384) return undefined
  for (const [, target, parameters = ''] of text.matchAll(/<([^>]*)>((?:\s*;\s*[^;,]+)*)/g)) {
    const relation = /;\s*rel\s*=\s*"?([^";]+)"?/i.exec(parameters)?.[1]
    if (target !== undefined && relation?.toLowerCase().split(/\s+/).includes('next')) return target
  }
  return undefined
}
