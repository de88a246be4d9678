const printableWithin = /^[\x20-\x7e]+$/
const maxLength = 1024
const blank = 0x20
const tilde = 0x7e

/** Whether HTTP carries the text as it is: printable ASCII without blanks at its ends (`websocket.md` section 3). */
export function isRepresentable(text: string): boolean {
  const { length } = text
  if (length === 0 || length > maxLength) return false
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code < blank || code > tilde) return false
  }
  return text.charCodeAt(0) !== blank && text.charCodeAt(length - 1) !== blank
}

/**
 * What may be sent as a header for the text: itself, without blanks at its ends that HTTP would strip, or nothing
 * where a character could break the message apart or is not ASCII.
 */
export function headerValueOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > maxLength || !printableWithin.test(text)) return undefined
  const trimmed = text.trim()
  return trimmed === '' ? undefined : trimmed
}
