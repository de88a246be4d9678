/** A JSON Pointer (RFC 6901) taken apart. */
export type Pointer = readonly string[]

/** @throws SyntaxError for a text that is no pointer */
export function parsePointer(text: string): Pointer {
  if (text === '') return []
  if (!text.startsWith('/') || /~(?![01])/.test(text)) throw new SyntaxError(`"${text}" is no JSON Pointer.`)
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Whether the text is a JSON Pointer. */
export function isPointer(text: string): boolean {
  return text === '' || (text.startsWith('/') && !/~(?![01])/.test(text))
}

/** What stands at the pointer. Sees own members only, so that no name reaches a prototype. */
export function resolvePointer(root: unknown, pointer: Pointer): unknown {
  let value = root
  for (const token of pointer) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined
    value = Reflect.get(value, token)
  }
  return value
}
