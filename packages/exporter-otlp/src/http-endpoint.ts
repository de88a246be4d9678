/** The URL that traces are posted to: `traces_endpoint` as it is, or `endpoint` with `/v1/traces` (7.1). */
export function tracesUrl(endpoint: string | undefined, tracesEndpoint: string | undefined): string {
  if (tracesEndpoint) return tracesEndpoint
  return endpoint ? `${endpoint.replace(/\/+$/, '')}/v1/traces` : ''
}

/** What is wrong with the URL of a config that fits the schema; `undefined` if nothing. */
export function urlFault(url: string): string | undefined {
  if (url === '') return 'at least one endpoint must be specified'
  const { protocol } = new URL(url)
  if (protocol === 'http:' || protocol === 'https:') return undefined
  return `the endpoint must be an http:// or https:// URL, not ${protocol}`
}
