import { createHmac, timingSafeEqual } from 'node:crypto'

import { pathOf } from '../amqp/address.ts'

/** The one shared access policy that the stand-in knows. */
export interface SharedAccessPolicy {
  readonly keyName: string
  readonly key: string
}

/** Whether a token admits its bearer; `reason` never quotes the token. */
export type TokenVerdict =
  | { readonly ok: true; /** Unix milliseconds. */ readonly expiresAt: number }
  | { readonly ok: false; readonly reason: string }

const tokenPrefix = 'SharedAccessSignature '

/**
 * Checks a shared access signature for an audience as the service does (eventhubs.md, section 2): known
 * policy, resource that covers the audience, not expired, and a signature made with the policy's key.
 */
export function checkSharedAccessSignature(
  token: string,
  audience: string,
  policy: SharedAccessPolicy,
  now: number,
): TokenVerdict {
  if (!token.startsWith(tokenPrefix)) return refuse('it does not begin with "SharedAccessSignature "')
  const fields = new Map(
    token
      .slice(tokenPrefix.length)
      .split('&')
      .map((field) => {
        const equals = field.indexOf('=')
        return [field.slice(0, equals), field.slice(equals + 1)] as const
      }),
  )
  const resource = fields.get('sr')
  const signature = fields.get('sig')
  const expiry = fields.get('se')
  const name = fields.get('skn')
  if (resource === undefined || signature === undefined || expiry === undefined || name === undefined) {
    return refuse('it lacks one of the fields sr, sig, se and skn')
  }
  if (decoded(name) !== policy.keyName) return refuse('its policy (skn) is not known')
  if (!/^\d{1,12}$/.test(expiry)) return refuse('its expiry (se) is no time in seconds')
  const expected = createHmac('sha256', policy.key).update(`${resource}\n${expiry}`).digest()
  const given = Buffer.from(decoded(signature) ?? '', 'base64')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return refuse('its signature (sig) does not match the key of the policy')
  }
  if (!covers(decoded(resource) ?? '', audience))
    return refuse('its resource (sr) does not cover the audience')
  const expiresAt = Number(expiry) * 1000
  return expiresAt > now ? { ok: true, expiresAt } : refuse('it has expired')
}

/** Whether a resource is the other one or an ancestor of it; schemes and hosts do not count. */
export function covers(resource: string, other: string): boolean {
  const above = pathOf(resource).toLowerCase()
  const below = pathOf(other).toLowerCase()
  return above === '' || below === above || below.startsWith(`${above}/`)
}

function refuse(reason: string): TokenVerdict {
  return { ok: false, reason }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
