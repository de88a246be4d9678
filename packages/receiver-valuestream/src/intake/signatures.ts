import { createHmac, timingSafeEqual } from 'node:crypto'

/** Whether a signature is that of the body; whatever it looks like, it takes a time that tells nothing of the right one. */
export function isSignedHex(
  algorithm: 'sha1' | 'sha256',
  secret: string,
  body: Uint8Array,
  hex: string,
): boolean {
  return isEqual(
    hmac(algorithm, secret, body),
    /^(?:[\da-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex') : empty,
  )
}

/** The same for a signature in base64. */
export function isSignedBase64(
  key: string | Uint8Array,
  data: readonly (string | Uint8Array)[],
  text: string,
): boolean {
  const mac = createHmac('sha256', key)
  for (const part of data) mac.update(part)
  return isEqual(mac.digest(), base64Pattern.test(text) ? Buffer.from(text, 'base64') : empty)
}

/** A prefixed signature such as `sha256=<hex>`: what stands behind the prefix, if it is the one that is wanted. */
export function behindPrefix(value: string, prefix: string): string | undefined {
  return value.startsWith(prefix) ? value.slice(prefix.length) : undefined
}

const base64Pattern = /^[\d+/A-Za-z]+={0,2}$/
const empty = Buffer.alloc(0)

function hmac(algorithm: 'sha1' | 'sha256', secret: string, body: Uint8Array): Buffer {
  return createHmac(algorithm, secret).update(body).digest()
}

/** A signature of another length is wrong and no exception. */
function isEqual(expected: Buffer, given: Buffer): boolean {
  if (given.length === expected.length) return timingSafeEqual(expected, given)
  timingSafeEqual(expected, expected)
  return false
}
