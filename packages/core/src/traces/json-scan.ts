import { checkContainers } from './density.ts'
import { invalidOtlp } from './invalid.ts'

/** Attributes of the greatest nesting that is allowed, written out in OTLP/JSON, stay below this. */
const maxDepth = 300

/** How many digits a number must have to be beyond what a JavaScript number holds exactly. */
const inexactDigits = 16

/**
 * Looks through a JSON text once, before it is parsed. Returns whether it has integers that only a bigint can hold.
 *
 * @throws PermanentError when it nests too deep, because what walks over the parsed value may use recursion, or has
 * more objects and lists than an honest text of its length
 */
export function scanJson(text: string): { readonly hasLargeIntegers: boolean } {
  let depth = 0
  let digits = 0
  let containers = 0
  let hasLargeIntegers = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x30 && code <= 0x39) {
      if (++digits >= inexactDigits) hasLargeIntegers = true
      continue
    }
    digits = 0
    if (code === 0x22) at = endOfString(text, at)
    else if (code === 0x7b || code === 0x5b) {
      containers++
      if (++depth > maxDepth) throw invalidOtlp(`the JSON nests deeper than ${maxDepth} levels`)
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  checkContainers(containers, text.length)
  return { hasLargeIntegers }
}

/** Position of the closing quote; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  let at = start
  for (;;) {
    at = text.indexOf('"', at + 1)
    if (at < 0) return text.length
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return at
  }
}
