import { createHmac } from 'node:crypto'

/** How the body of an answer is signed. */
export interface SignSettings {
  /** Header that carries the signature. */
  readonly header: string
  readonly algorithm: 'hmac-sha256' | 'hmac-sha512'
  readonly encoding: 'base64' | 'hex'
}

/** The signature of exactly these bytes. */
export function signature(body: Uint8Array, secret: string, { algorithm, encoding }: SignSettings): string {
  return createHmac(algorithm.slice('hmac-'.length), secret).update(body).digest(encoding)
}
