import type { ServerAuthenticator } from '@spanloom/core'

/** The only value of a header, whose lower-case name is `name`; `undefined` when it is absent or repeated. */
export function headerValue(
  headers: Parameters<ServerAuthenticator['authenticate']>[0],
  name: string,
): string | undefined {
  const value = headers[name]
  if (typeof value === 'string' || value === undefined) return value
  return value.length === 1 ? value[0] : undefined
}
