import { SpanCursor, type Traces } from '@spanloom/core/traces'

import { Fragment } from '../fragment/fragment.ts'

/** A batch in two parts. */
export interface Sifted {
  /** Spans that concern nobody here: the batch itself when that is all of them. */
  readonly passing: Traces | undefined
  /** What has to be assembled, in order. */
  readonly fragments: readonly Fragment[]
}

/** Which keys an assembler knows. */
export interface KnownKeys {
  readonly isEmpty: boolean
  knows(key: string): boolean
}

/**
 * Divides a batch into whole spans that pass untouched and fragments. Every span is looked at once; a whole span
 * whose key is open, remembered, or named before it in the same batch is a fragment, too.
 */
export function sift(traces: Traces, known: KnownKeys): Sifted {
  const fragments: Fragment[] = []
  const passes: boolean[] = []
  const keys = new NamedKeys(fragments)
  let fragment = new Fragment()
  for (const chunk of traces.chunks) {
    const cursor = new SpanCursor(chunk)
    while (cursor.next()) {
      fragment.scan(chunk, cursor.start, cursor.end)
      const isAlone = known.isEmpty && fragments.length === 0
      const isPassing = fragment.whole && (isAlone || !concerns(fragment.key, known, keys))
      passes.push(isPassing)
      if (isPassing) continue
      fragment.resource = cursor.resource
      fragment.scope = cursor.scope
      fragments.push(fragment)
      fragment = new Fragment()
    }
  }
  if (fragments.length === 0) return { passing: traces, fragments }
  if (fragments.length === passes.length) return { passing: undefined, fragments }
  let index = 0
  return { passing: traces.filter(() => passes[index++] === true), fragments }
}

function concerns(key: string, known: KnownKeys, named: NamedKeys): boolean {
  return known.knows(key) || named.has(key)
}

/** Keys of the fragments of a batch so far; looked up only when a whole span comes after them. */
class NamedKeys {
  readonly #fragments: readonly Fragment[]
  readonly #keys = new Set<string>()
  #seen: number = 0

  constructor(fragments: readonly Fragment[]) {
    this.#fragments = fragments
  }

  has(key: string): boolean {
    for (; this.#seen < this.#fragments.length; this.#seen++) {
      const fragment = this.#fragments[this.#seen]
      if (fragment !== undefined) this.#keys.add(fragment.key)
    }
    return this.#keys.has(key)
  }
}
