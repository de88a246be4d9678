import { createHash } from 'node:crypto'

const digits = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Which three bytes of the digest make each group of four digits. */
const groups = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const

/**
 * The `$apr1$` hash of a password: what the `htpasswd` command of the Apache server writes by default,
 * a thousand rounds of MD5. Slow and weak by today's standards; offered because such files exist.
 */
export function apr1(password: string, salt: string): string {
  const secret = Buffer.from(password)
  const grain = Buffer.from(salt)
  let digest = firstDigest(secret, grain)
  for (let round = 0; round < 1000; round++) {
    const parts = [
      round % 2 === 1 ? secret : digest,
      ...(round % 3 === 0 ? [] : [grain]),
      ...(round % 7 === 0 ? [] : [secret]),
      round % 2 === 1 ? digest : secret,
    ]
    digest = md5(parts)
  }
  return `$apr1$${salt}$${encode(digest)}`
}

function firstDigest(secret: Buffer, grain: Buffer): Buffer {
  const between = md5([secret, grain, secret])
  const parts: Buffer[] = [secret, Buffer.from('$apr1$'), grain]
  for (let left = secret.length; left > 0; left -= 16) parts.push(between.subarray(0, Math.min(16, left)))
  for (let bits = secret.length; bits > 0; bits >>= 1)
    parts.push(bits % 2 === 1 ? Buffer.of(0) : secret.subarray(0, 1))
  return md5(parts)
}

function encode(digest: Buffer): string {
  const at = (index: number): number => digest[index] ?? 0
  const text = groups.map(([a, b, c]) => base64((at(a) << 16) | (at(b) << 8) | at(c), 4))
  return text.join('') + base64(at(11), 2)
}

/** Least significant digit first, in an alphabet of its own. */
function base64(value: number, length: number): string {
  let text = ''
  for (let index = 0; index < length; index++) text += digits[(value >> (6 * index)) & 0x3f] ?? ''
  return text
}

const md5 = (parts: readonly Buffer[]): Buffer => createHash('md5').update(Buffer.concat(parts)).digest()
