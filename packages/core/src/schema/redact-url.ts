/** What stands in place of a secret in everything that is printed (CFG-90). */
export const redacted = '[REDACTED]'

const secretParameter = /sig|key|token|password|secret|code/i

/**
 * Takes user-info and the values of secret-looking query parameters out of a text that holds a URL, for
 * logs and errors (CFG-92). Text without `://` comes back as it is.
 */
export function redactUrl(text: string): string {
  if (!text.includes('://')) return text
  return text
    .replace(/(:\/\/)[^/?#\s]*@/, '$1')
    .replaceAll(/([?&;])([^=&#;\s]+)=([^&#;\s]*)/g, (whole, mark: string, name: string) =>
      secretParameter.test(name) ? `${mark}${name}=${redacted}` : whole,
    )
}

const secretKey =
  /passw(or)?d|passphrase|secret|token|api[-_]?key|private[-_]?key|key[-_]?pem|authorization|credential|connection[-_]?string|cookie|shared[-_]?access/i

/** Whether a setting of this name probably holds a secret although no schema says so. */
export function isSecretName(name: string): boolean {
  return secretKey.test(name) && !/(_file|_url|_path)$/.test(name)
}

/** Redacts values without a schema: by the names of their keys, and URLs inside texts. */
export function redactUntyped(value: unknown, secret = false): unknown {
  if (Array.isArray(value)) return value.map((item) => redactUntyped(item, secret))
  if (typeof value === 'object' && value !== null) {
    const result: Record<string, unknown> = Object.create(null)
    for (const [key, inner] of Object.entries(value)) {
      result[key] = redactUntyped(inner, secret || isSecretName(key))
    }
    return result
  }
  if (secret && value !== null) return redacted
  return typeof value === 'string' ? redactUrl(value) : value
}
