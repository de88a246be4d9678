const longest = 1_024

/** A foreign text made fit for a log line or an error: without control characters, and not too long. */
export function clean(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}
