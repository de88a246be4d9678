import { objectOf } from '../model/fields.ts'

/** The documented properties of an event, in any case; the exact spelling wins (`valuestream.md` section 3.4). */
export class FoldedFields {
  readonly #exact: Readonly<Record<string, unknown>>
  #folded: Map<string, unknown> | undefined

  constructor(value: unknown) {
    this.#exact = objectOf(value)
  }

  value(name: string): unknown {
    if (Object.hasOwn(this.#exact, name)) return this.#exact[name]
    return this.#fold().get(name.toLowerCase())
  }

  #fold(): ReadonlyMap<string, unknown> {
    if (this.#folded !== undefined) return this.#folded
    const folded = new Map<string, unknown>()
    for (const [name, value] of Object.entries(this.#exact)) {
      const key = name.toLowerCase()
      if (!folded.has(key)) folded.set(key, value)
    }
    this.#folded = folded
    return folded
  }
}
