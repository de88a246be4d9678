import type { Clock } from '@spanloom/core'

import type { AccessToken, TokenSource } from './token-source.ts'

/** A new token is got this long before the old one expires, so that nobody is ever refused for an old one. */
const renewBeforeMs = 5 * 60_000
/** After a renewal that failed the old token is used for this long before the next try. */
const tryAgainMs = 30_000

interface Entry {
  current: AccessToken | undefined
  /** When a new one is wanted. */
  renewMs: number
  pending: Promise<AccessToken> | undefined
}

/** Keeps the tokens of `source` until they are about to expire; many who ask at once make one request. */
export function cachedTokens(source: TokenSource, clock: Pick<Clock, 'now'>): TokenSource {
  const entries = new Map<string, Entry>()

  const renew = async (scope: string, entry: Entry): Promise<AccessToken> => {
    try {
      const token = await source.token(scope)
      const lifeMs = token.expiresMs - clock.now()
      entry.current = token
      // A token that lives shortly is renewed after half its life.
      entry.renewMs = token.expiresMs - Math.min(renewBeforeMs, lifeMs / 2)
      return token
    } catch (error) {
      const { current } = entry
      if (current === undefined || current.expiresMs <= clock.now()) throw error
      entry.renewMs = clock.now() + tryAgainMs
      return current
    } finally {
      entry.pending = undefined
    }
  }

  return {
    token(scope) {
      let entry = entries.get(scope)
      if (entry === undefined) {
        entry = { current: undefined, renewMs: 0, pending: undefined }
        entries.set(scope, entry)
      }
      const { current } = entry
      if (current !== undefined && clock.now() < entry.renewMs) return Promise.resolve(current)
      entry.pending ??= renew(scope, entry)
      return entry.pending
    },
  }
}
