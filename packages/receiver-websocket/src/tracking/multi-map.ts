const none: readonly never[] = []

/** Several values under one key, in the order in which they came. A single value costs no list. */
export class MultiMap<V extends object> {
  readonly #entries = new Map<string, V | V[]>()

  get size(): number {
    return this.#entries.size
  }

  add(key: string, value: V): void {
    const known = this.#entries.get(key)
    if (known === undefined) this.#entries.set(key, value)
    else if (Array.isArray(known)) known.push(value)
    else this.#entries.set(key, [known, value])
  }

  delete(key: string, value: V): void {
    const known = this.#entries.get(key)
    if (known === value) this.#entries.delete(key)
    else if (Array.isArray(known)) {
      const left = known.filter((each) => each !== value)
      const [only] = left
      if (only === undefined) this.#entries.delete(key)
      else this.#entries.set(key, left.length === 1 ? only : left)
    }
  }

  get(key: string): readonly V[] {
    const known = this.#entries.get(key)
    return known === undefined ? none : Array.isArray(known) ? known : [known]
  }
}
