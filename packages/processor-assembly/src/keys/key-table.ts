import { SlotList } from './slot-list.ts'
import { grown } from './typed-arrays.ts'

/** What kinds of fragment a key holds, as far as that can be told without looking at them again. */
export const holds = { start: 1, starts: 2, end: 4, update: 8, closing: 16 } as const

/**
 * The keys that are open or remembered. A key is a slot, a small number, and what is known about it without
 * looking at its fragments lies in typed arrays: a million keys are a million strings and nothing else on the heap.
 */
export class KeyTable {
  /** Keys with fragments, longest idle first. */
  readonly open: SlotList = new SlotList()
  /** Keys without fragments that are remembered, in the order in which their last run left. */
  readonly remembered: SlotList = new SlotList()
  /** Which of {@link holds} its fragments are. */
  kinds: Uint8Array = new Uint8Array(1024)
  /** Number of its profile + 1; 0 as long as no fragment has named one. */
  profiles: Uint16Array = new Uint16Array(1024)
  /** How many fragments are held, copies of closing ends included. */
  counts: Uint32Array = new Uint32Array(1024)
  /** How many runs are remembered. */
  runs: Uint32Array = new Uint32Array(1024)
  /** Processing times in ms: of the first fragment that is held, of the last that came, of the last run that left. */
  firstArrival: Float64Array = new Float64Array(1024)
  lastArrival: Float64Array = new Float64Array(1024)
  lastLeave: Float64Array = new Float64Array(1024)

  readonly #slots = new Map<string, number>()
  readonly #keys: (string | undefined)[] = []
  readonly #free: number[] = []

  get size(): number {
    return this.#slots.size
  }

  find(key: string): number | undefined {
    return this.#slots.get(key)
  }

  /** The slot of the key, a new one if it has none. */
  take(key: string): number {
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    const slot = this.#free.pop() ?? this.#keys.length
    this.#keys[slot] = key
    this.#slots.set(key, slot)
    if (slot >= this.kinds.length) this.#reserve(slot)
    this.kinds[slot] = 0
    this.profiles[slot] = 0
    this.counts[slot] = 0
    this.runs[slot] = 0
    return slot
  }

  /** Whether the slot still stands for this key. */
  holds(slot: number, key: string): boolean {
    return this.#keys[slot] === key
  }

  key(slot: number): string {
    const key = this.#keys[slot]
    if (key === undefined) throw new RangeError('The slot is free.')
    return key
  }

  /** Forgets the key; its slot will be used again. */
  free(slot: number): void {
    const key = this.#keys[slot]
    if (key === undefined) return
    this.#slots.delete(key)
    this.#keys[slot] = undefined
    this.#free.push(slot)
    this.open.remove(slot)
    this.remembered.remove(slot)
  }

  /** All slots that are in use. */
  *slots(): Generator<number, void, undefined> {
    yield* this.#slots.values()
  }

  #reserve(slot: number): void {
    this.kinds = grown(this.kinds, slot)
    this.profiles = grown(this.profiles, slot)
    this.counts = grown(this.counts, slot)
    this.runs = grown(this.runs, slot)
    this.firstArrival = grown(this.firstArrival, slot)
    this.lastArrival = grown(this.lastArrival, slot)
    this.lastLeave = grown(this.lastLeave, slot)
  }
}
