import { createHmac } from 'node:crypto'

/** How callbacks are signed: HMAC over the exact bytes of the body. */
export interface SignatureOptions {
  /** Name of the header that carries the signature. */
  readonly header: string
  readonly secret: string | Uint8Array
  /** Default `sha256`. */
  readonly hash?: 'sha1' | 'sha256' | 'sha512'
  /** Default `base64`. */
  readonly encoding?: 'base64' | 'hex'
}

/** The signature of these bytes. */
export function sign(
  body: Uint8Array,
  { secret, hash = 'sha256', encoding = 'base64' }: SignatureOptions,
): string {
  return createHmac(hash, secret).update(body).digest(encoding)
}
