/** Further names of slots, such as aliases and groups: which slots answer to a name, and which names a slot has. */
export class Names {
  readonly #slots = new Map<string, Set<number>>()
  readonly #names = new Map<number, Set<string>>()

  get size(): number {
    return this.#slots.size
  }

  add(name: string, slot: number): void {
    addTo(this.#slots, name, slot)
    addTo(this.#names, slot, name)
  }

  /** Slots with that name, in the order in which they got it. */
  slots(name: string): Iterable<number> {
    return this.#slots.get(name) ?? []
  }

  names(slot: number): Iterable<string> {
    return this.#names.get(slot) ?? []
  }

  /** Takes all its names from a slot. */
  remove(slot: number): void {
    const names = this.#names.get(slot)
    if (names === undefined) return
    this.#names.delete(slot)
    for (const name of names) {
      const slots = this.#slots.get(name)
      slots?.delete(slot)
      if (slots?.size === 0) this.#slots.delete(name)
    }
  }
}

function addTo<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, new Set([value]))
  else values.add(value)
}
