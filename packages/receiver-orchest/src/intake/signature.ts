import { createHmac } from 'node:crypto'

import { equalInConstantTime } from '@spanloom/core'

/** The header that signs these bytes. */
export function signature(body: Uint8Array, secret: string): Readonly<Record<string, string>> {
  const digest = createHmac('sha256', Buffer.from(secret)).update(body).digest('hex')
  return { 'x-hub-signature': `sha256=${digest}` }
}

/**
 * Whether the value of `X-Hub-Signature` is that of these bytes with one of the secrets: hex, with or without
 * `sha256=` in front, in any case (`orchest.md` 3.1). All secrets are tried, so that time tells nothing.
 */
export function isSigned(
  body: Uint8Array,
  signature: string | undefined,
  secrets: readonly string[],
): boolean {
  const given = /^(?:sha256=)?([0-9a-f]{64})$/i.exec(signature ?? '')?.[1]?.toLowerCase() ?? ''
  const matches = secrets.map((secret) =>
    equalInConstantTime(given, createHmac('sha256', Buffer.from(secret)).update(body).digest('hex')),
  )
  return matches.includes(true)
}
