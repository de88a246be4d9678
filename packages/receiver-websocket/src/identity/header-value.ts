const printable = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
const printableWithin = /^[\x20-\x7e]+$/
const maxLength = 1024

/** Whether HTTP carries the text as it is: printable ASCII without blanks at its ends (`websocket.md` section 3). */
export function isRepresentable(text: string): boolean {
  return text.length <= maxLength && printable.test(text)
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
