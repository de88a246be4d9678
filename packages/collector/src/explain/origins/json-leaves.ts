/** A value in a JSON text that holds no others. */
export interface JsonLeaf {
  /** JSON pointer (RFC 6901); '' for a document that is one value. */
  readonly pointer: string
  /** Where it stands in the text. */
  readonly start: number
  readonly end: number
  /** As it is written. */
  readonly token: string
}

const token = /\s*(?:([{}[\],:])|("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/uy

/** The leaves of a JSON document in the order of the text; nothing for what is no JSON. */
export function jsonLeaves(text: string): readonly JsonLeaf[] {
  try {
    JSON.parse(text)
  } catch {
    return []
  }
  const leaves: JsonLeaf[] = []
  const path: (string | number)[] = []
  const inList: boolean[] = []
  let key: string | undefined
  token.lastIndex = 0
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [, mark, value] = match
    const { lastIndex } = token
    const isKey = inList.at(-1) === false && key === undefined
    if (value !== undefined && isKey) {
      key = JSON.parse(value)
      path[path.length - 1] = key ?? ''
    } else if (value !== undefined) {
      leaves.push({ pointer: pointerOf(path), start: lastIndex - value.length, end: lastIndex, token: value })
    } else if (mark === '{' || mark === '[') {
      inList.push(mark === '[')
      path.push(mark === '[' ? 0 : '')
      key = undefined
    } else if (mark === '}' || mark === ']') {
      inList.pop()
      path.pop()
      // What has ended is the value of a key, or a member of a list.
      key = ''
    } else if (mark === ',') {
      const last = path.at(-1)
      if (typeof last === 'number') path[path.length - 1] = last + 1
      key = undefined
    }
  }
  return leaves
}

const pointerOf = (path: readonly (string | number)[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
