/** Words that sources say in each other's place: outcomes, states, actions. */
const groups: readonly (readonly string[])[] = [
  ['success', 'failure', 'cancelled', 'skipped'],
  ['succeeded', 'failed', 'canceled'],
  ['completed', 'failed', 'started'],
  ['passed', 'failed'],
  ['stable', 'unstable', 'aborted'],
  ['ok', 'error'],
  ['open', 'closed', 'merged'],
  ['opened', 'closed', 'reopened'],
]

const word = /^\p{L}[\p{L}_ -]{0,31}$/u
const most = 6

/**
 * What could stand in the place of a word that counts only as one of a few, such as the outcome of a step: words that
 * stand in the same place of other events, then words that sources use instead of this one, in its letter case.
 */
export function otherWords(text: string, inSamePlace: Iterable<string>): readonly string[] {
  if (!word.test(text)) return []
  const lower = text.toLowerCase()
  const used = groups.filter((group) => group.includes(lower)).flat()
  const others = new Set([...inSamePlace, ...used.map((other) => spelledLike(text, other))])
  others.delete(text)
  return [...others].filter((other) => word.test(other)).slice(0, most)
}

function spelledLike(text: string, other: string): string {
  if (text === text.toLowerCase()) return other
  if (text === text.toUpperCase()) return other.toUpperCase()
  return other.slice(0, 1).toUpperCase() + other.slice(1)
}
