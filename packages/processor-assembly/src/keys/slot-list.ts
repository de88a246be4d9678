import { grown } from './typed-arrays.ts'

/** Slots in the order in which they were last touched. A slot is on one list only. */
export class SlotList {
  size: number = 0
  /** Neighbours + 1; 0 for none. */
  #after = new Uint32Array(1024)
  #before = new Uint32Array(1024)
  #listed = new Uint8Array(1024)
  #first = 0
  #last = 0

  /** The slot that was touched longest ago. */
  get oldest(): number | undefined {
    return this.#first === 0 ? undefined : this.#first - 1
  }

  has(slot: number): boolean {
    return this.#listed[slot] === 1
  }

  /** Moves a slot to the end, or adds it there. */
  touch(slot: number): void {
    if (this.#last === slot + 1) return
    if (this.has(slot)) this.remove(slot)
    if (slot >= this.#after.length) {
      this.#after = grown(this.#after, slot)
      this.#before = grown(this.#before, slot)
      this.#listed = grown(this.#listed, slot)
    }
    this.#before[slot] = this.#last
    this.#after[slot] = 0
    if (this.#last === 0) this.#first = slot + 1
    else this.#after[this.#last - 1] = slot + 1
    this.#last = slot + 1
    this.#listed[slot] = 1
    this.size++
  }

  remove(slot: number): void {
    if (!this.has(slot)) return
    const before = this.#before[slot] ?? 0
    const after = this.#after[slot] ?? 0
    if (before === 0) this.#first = after
    else this.#after[before - 1] = after
    if (after === 0) this.#last = before
    else this.#before[after - 1] = before
    this.#listed[slot] = 0
    this.size--
  }
}
