const longestWord = 64

/** The candidate that the word is most likely a misspelling of, if any is near enough. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > longestWord) return undefined
  const wanted = normal(word)
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate.length > longestWord) continue
    const distance = editDistance(wanted, normal(candidate))
    if (distance < bestDistance && distance < Math.max(wanted.length, candidate.length)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best ?? onlyKin(wanted, candidates)
}

/** `gz` is part of `gzip`, and `warn` of `warning`: the candidate that begins like the word, if there is only one. */
function onlyKin(wanted: string, candidates: Iterable<string>): string | undefined {
  const kin = [...candidates].filter((candidate) => {
    const name = normal(candidate)
    if (candidate.length > longestWord || Math.min(name.length, wanted.length) < 2) return false
    return name.startsWith(wanted) || (name.length > 2 && wanted.startsWith(name))
  })
  return kin.length === 1 ? kin[0] : undefined
}

/** People mix up `maxSize`, `max-size` and `max_size`; those should count as equal. */
function normal(word: string): string {
  return word.replaceAll(/[-_. ]/g, '').toLowerCase()
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1)
      }
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}
