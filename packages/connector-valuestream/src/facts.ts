import { type Fact, type FactKind, factKinds } from './fact.ts'
import { type Change, Newest } from './newest.ts'

/** Everything that is remembered: the newest facts of each kind. */
export class Facts {
  readonly #kinds: ReadonlyMap<FactKind, Newest>
  /** Grows with every change. */
  version: number = 0
  /** Facts that were forgotten to make room. */
  evicted: number = 0

  /** @param limit facts of each kind at most */
  constructor(limit: number) {
    this.#kinds = new Map(factKinds.map((kind) => [kind, new Newest(limit)]))
  }

  /** Takes a fact, or another version of one, or the same again. */
  add(fact: Fact): Change {
    const change = this.#kinds.get(fact.kind)?.add(fact) ?? {}
    if (change.kept !== undefined) this.version++
    if (change.evicted !== undefined) this.evicted++
    return change
  }

  of(kind: FactKind): readonly Fact[] {
    return [...(this.#kinds.get(kind)?.values() ?? [])]
  }

  count(kind: FactKind): number {
    return this.#kinds.get(kind)?.size ?? 0
  }
}
