import { type Few, membersOf, withMember, withoutMember } from './few.ts'

/** Further names of slots, such as aliases and groups: which slots answer to a name, and which names a slot has. */
export class Names {
  readonly #slots = new Map<string, Few<number>>()
  readonly #names: (Few<string> | undefined)[] = []

  get size(): number {
    return this.#slots.size
  }

  add(name: string, slot: number): void {
    const before = this.#slots.get(name)
    const slots = withMember(before, slot)
    if (slots !== before) this.#slots.set(name, slots)
    this.#names[slot] = withMember(this.#names[slot], name)
  }

  /** Slots with that name, in the order in which they got it. */
  slots(name: string): Iterable<number> {
    return membersOf(this.#slots.get(name))
  }

  names(slot: number): Iterable<string> {
    return membersOf(this.#names[slot])
  }

  /** Takes all its names from a slot. */
  remove(slot: number): void {
    const names = this.#names[slot]
    if (names === undefined) return
    this.#names[slot] = undefined
    for (const name of membersOf(names)) {
      const slots = withoutMember(this.#slots.get(name), slot)
      if (slots === undefined) this.#slots.delete(name)
      else this.#slots.set(name, slots)
    }
  }
}
