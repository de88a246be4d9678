/** A longer name matches nothing: it is none that anybody has thought of. */
const longestName = 512

/** Names that a text stands for: `*` is anything within a segment between dots, `**` anything at all. */
export function compileNamePattern(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern
  const tokens = pattern
    .split(/(\*\*|\*)/)
    .flatMap((part) => (part.startsWith('*') ? [part] : part.split('')))
  return (name) => name.length <= longestName && matches(tokens, name)
}

/**
 * Goes back to the last `*`, and when that cannot grow over a dot to the last `**`, which is enough: where those before
 * them match first leaves the most to those behind. A regular expression would try all ways, and a hostile name could
 * have very many.
 */
function matches(tokens: readonly string[], name: string): boolean {
  let at = 0
  let token = 0
  let star: Wildcard | undefined
  let glob: Wildcard | undefined
  while (at < name.length) {
    const wanted = tokens[token]
    if (wanted === '**') {
      glob = { token: token++, at }
      star = undefined
    } else if (wanted === '*') {
      star = { token: token++, at }
    } else if (wanted === name[at]) {
      token++
      at++
    } else if (star !== undefined && name[star.at] !== '.') {
      at = ++star.at
      token = star.token + 1
    } else if (glob !== undefined) {
      at = ++glob.at
      token = glob.token + 1
      star = undefined
    } else {
      return false
    }
  }
  return tokens.slice(token).every((rest) => rest.startsWith('*'))
}

/** A wildcard that was met, and where in the name what it stands for ends. */
interface Wildcard {
  readonly token: number
  at: number
}
