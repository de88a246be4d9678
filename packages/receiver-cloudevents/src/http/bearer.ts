import { equalInConstantTime, HttpFault, type SourceRequest } from '@spanloom/core'

import type { CloudEventsConfig } from '../settings.ts'

/**
 * Demands one of the configured tokens (`cloudevents.md` section 6).
 *
 * @throws HttpFault 401
 */
export function checkToken(
  { headers, query }: Pick<SourceRequest, 'headers' | 'query'>,
  auth: CloudEventsConfig['auth'],
): void {
  if (auth === undefined) return
  const [, shown] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
  const token = shown ?? (auth.allow_query_token ? query.get('access_token') : undefined)
  if (typeof token === 'string' && auth.bearer.some((one) => equalInConstantTime(token, one))) return
  throw new HttpFault(401, 'UNAUTHENTICATED', 'The request must show a valid token.', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  })
}
