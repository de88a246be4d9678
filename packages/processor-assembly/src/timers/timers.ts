import { grown } from '../keys/typed-arrays.ts'

/** Children of each place in the heap: four lie in one stretch of memory. */
const arity = 4

/**
 * When which key is due: one heap for all keys instead of a timer for each. A key that is put off, which is what
 * every further fragment does to an open one, costs nothing until its old time has come.
 */
export class Timers {
  #heap = new Uint32Array(1024)
  #size = 0
  /** When a slot wants to be called; may lie after the time that the heap knows. */
  #due = new Float64Array(1024)
  /** The time by which the heap is ordered. */
  #filed = new Float64Array(1024)
  /** Place of a slot in the heap + 1; 0 when it is not there. */
  #place = new Uint32Array(1024)

  /** Sets when the slot is due. */
  set(slot: number, due: number): void {
    if (slot >= this.#due.length) this.#reserve(slot)
    this.#due[slot] = due
    const place = this.#place[slot] ?? 0
    if (place === 0) this.#insert(slot, due)
    else if (due < (this.#filed[slot] ?? 0)) {
      this.#filed[slot] = due
      this.#up(place - 1)
    }
  }

  /** When the slot is due. */
  due(slot: number): number {
    return (this.#place[slot] ?? 0) === 0 ? Number.POSITIVE_INFINITY : (this.#due[slot] ?? 0)
  }

  /** Forgets the slot. */
  clear(slot: number): void {
    const place = this.#place[slot] ?? 0
    if (place === 0) return
    this.#removeAt(place - 1)
  }

  /** A slot that is due, which stays until its time is set anew or cleared. */
  next(now: number): number | undefined {
    this.#refresh(now)
    const slot = this.#heap[0] ?? 0
    return this.#size > 0 && (this.#filed[slot] ?? 0) <= now ? slot : undefined
  }

  /** Slots that are due by `until`, the first one first, the others in no order. */
  *dueBy(until: number): Generator<number, void, undefined> {
    const places = [0]
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const slot = this.#heap[place] ?? 0
      if (place >= this.#size || (this.#filed[slot] ?? 0) > until) continue
      if ((this.#due[slot] ?? 0) <= until) yield slot
      const first = place * arity + 1
      for (let child = first; child < Math.min(first + arity, this.#size); child++) places.push(child)
    }
  }

  /** When to look again; never later than the next slot is due. */
  get earliest(): number {
    const slot = this.#heap[0] ?? 0
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#filed[slot] ?? 0)
  }

  /** Files slots that were put off under their real time, as far as they are on top. */
  #refresh(now: number): void {
    while (this.#size > 0) {
      const slot = this.#heap[0] ?? 0
      const filed = this.#filed[slot] ?? 0
      const due = this.#due[slot] ?? 0
      if (filed > now || due <= filed) return
      this.#filed[slot] = due
      this.#down(0)
    }
  }

  #reserve(slot: number): void {
    this.#due = grown(this.#due, slot)
    this.#filed = grown(this.#filed, slot)
    this.#place = grown(this.#place, slot)
    this.#heap = grown(this.#heap, slot)
  }

  #insert(slot: number, due: number): void {
    const place = this.#size++
    if (place >= this.#heap.length) this.#heap = grown(this.#heap, place)
    this.#filed[slot] = due
    this.#put(place, slot)
    this.#up(place)
  }

  #removeAt(place: number): void {
    const slot = this.#heap[place] ?? 0
    this.#place[slot] = 0
    const last = this.#heap[--this.#size] ?? 0
    if (place === this.#size) return
    this.#put(place, last)
    this.#up(place)
    this.#down((this.#place[last] ?? 1) - 1)
  }

  #up(from: number): void {
    const slot = this.#heap[from] ?? 0
    const due = this.#filed[slot] ?? 0
    let place = from
    while (place > 0) {
      const parent = Math.floor((place - 1) / arity)
      const above = this.#heap[parent] ?? 0
      if ((this.#filed[above] ?? 0) <= due) break
      this.#put(place, above)
      place = parent
    }
    this.#put(place, slot)
  }

  #down(from: number): void {
    const slot = this.#heap[from] ?? 0
    const due = this.#filed[slot] ?? 0
    let place = from
    for (;;) {
      let least = -1
      let leastDue = due
      const first = place * arity + 1
      const end = Math.min(first + arity, this.#size)
      for (let child = first; child < end; child++) {
        const childDue = this.#filed[this.#heap[child] ?? 0] ?? 0
        if (childDue >= leastDue) continue
        least = child
        leastDue = childDue
      }
      if (least < 0) break
      this.#put(place, this.#heap[least] ?? 0)
      place = least
    }
    this.#put(place, slot)
  }

  #put(place: number, slot: number): void {
    this.#heap[place] = slot
    this.#place[slot] = place + 1
  }
}
