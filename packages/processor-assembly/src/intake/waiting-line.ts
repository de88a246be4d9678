import type { Fragment } from '../fragment/fragment.ts'

/** Beyond so many fragments that wait together a new group is begun. */
const groupSize = 2_048

/** Fragments of several senders that are taken together. */
interface Group {
  readonly fragments: Fragment[]
  readonly taken: Promise<void>
}

/**
 * Joins what comes while the assembler is busy, so that however many senders there are, one write to the disk serves
 * all who wait for it.
 */
export class WaitingLine {
  readonly #take: (fragments: () => readonly Fragment[]) => Promise<void>
  #last: Group | undefined

  /** `take` gets its turn once the assembler is free, and asks then for the fragments. */
  constructor(take: (fragments: () => readonly Fragment[]) => Promise<void>) {
    this.#take = take
  }

  /** Resolves when the fragments were taken, with all others of their group. */
  join(fragments: readonly Fragment[]): Promise<void> {
    const last = this.#last
    if (last !== undefined && last.fragments.length + fragments.length <= groupSize) {
      for (const fragment of fragments) last.fragments.push(fragment)
      return last.taken
    }
    const own = [...fragments]
    const taken = this.#take(() => {
      if (this.#last?.fragments === own) this.#last = undefined
      return own
    })
    this.#last = { fragments: own, taken }
    return taken
  }
}
