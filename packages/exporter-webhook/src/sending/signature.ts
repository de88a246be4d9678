import { createHmac } from 'node:crypto'

/** In front of secrets that are base64. */
export const secretPrefix = 'whsec_'

/** The key of a secret: what follows `whsec_` is base64, any other text is taken as it is. */
export function signingKey(secret: string): Buffer {
  return secret.startsWith(secretPrefix)
    ? Buffer.from(secret.slice(secretPrefix.length), 'base64')
    : Buffer.from(secret)
}

/** What is wrong with a secret, without showing it; `undefined` if nothing. */
export function secretFault(secret: string): string | undefined {
  if (!secret.startsWith(secretPrefix)) return secret === '' ? 'a secret is empty' : undefined
  const text = secret.slice(secretPrefix.length)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return 'what follows whsec_ in a secret is no base64'
  const { length } = signingKey(secret)
  return length < 16 || length > 64 ? `a secret has ${length} bytes; 24 to 64 are usual` : undefined
}

/** The value of `webhook-signature`: one entry for each secret, the newest first (WHX-04). */
export function standardSignature(
  secrets: readonly string[],
  id: string,
  timestamp: number,
  body: Uint8Array,
): string {
  return secrets
    .map((secret) => {
      const mac = createHmac('sha256', signingKey(secret)).update(`${id}.${timestamp}.`).update(body)
      return `v1,${mac.digest('base64')}`
    })
    .join(' ')
}

/** The value of Orchest's `X-Hub-Signature`: hex over the body alone; the secret is text whatever it looks like. */
export function orchestSignature(secret: string, body: Uint8Array): string {
  return createHmac('sha256', Buffer.from(secret)).update(body).digest('hex')
}
