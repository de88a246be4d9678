import type { Fact, FactKind } from './fact.ts'

/** How many facts a search may look at; references in a circle, or a hostile tangle of them, end here. */
const maxVisited = 256

/** Finds what caused what. */
export class Lineage {
  readonly #bySpan = new Map<string, Fact>()
  readonly #byName = new Map<string, Fact[]>()

  constructor(facts: readonly Fact[]) {
    for (const fact of facts.toSorted(byStart)) {
      this.#bySpan.set(fact.spanId, fact)
      const named = this.#byName.get(fact.name)
      if (named === undefined) this.#byName.set(fact.name, [fact])
      else named.push(fact)
    }
  }

  /**
   * All facts that led to this one, over any number of steps, by parent, by link and by the name of the parent.
   */
  ancestors(fact: Fact): readonly Fact[] {
    const seen = new Set([fact.id])
    const found: Fact[] = []
    const open = [fact]
    for (let each = open.pop(); each !== undefined && seen.size < maxVisited; each = open.pop()) {
      for (const cause of this.#causes(each)) {
        if (seen.has(cause.id)) continue
        seen.add(cause.id)
        found.push(cause)
        open.push(cause)
      }
    }
    return found
  }

  /** The ancestors of one kind. */
  ancestorsOf(kind: FactKind, fact: Fact): readonly Fact[] {
    return this.ancestors(fact).filter((each) => each.kind === kind)
  }

  #causes(fact: Fact): readonly Fact[] {
    const bySpan = fact.causes.flatMap((spanId) => this.#bySpan.get(spanId) ?? [])
    if (bySpan.length > 0 || fact.causeName === undefined) return bySpan
    const named = this.#byName.get(fact.causeName) ?? []
    // Of several occurrences the last one that had begun, as the assembler chooses parents.
    const before = named.findLast(({ start }) => start <= fact.start) ?? named[0]
    return before === undefined ? [] : [before]
  }
}

const byStart = (a: Fact, b: Fact): number => a.start - b.start || (a.id < b.id ? -1 : 1)
