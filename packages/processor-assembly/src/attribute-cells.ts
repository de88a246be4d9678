import { type WireWriter } from '@spanloom/core/traces'

import { isControl, mayBeControl } from './control.ts'
import { KeyRange } from './key-range.ts'

/** Beyond this many attributes a map finds equal keys, because a sender could make the small table slow. */
const tableLimit = 512
const tableSize = 2048

const keyRange = new KeyRange()
/** Which object a place in the table belongs to: starting over is taking a new number. One object works at a time. */
const owners = new Uint32Array(tableSize)
const indexes = new Uint16Array(tableSize)
let lastOwner = 0
/** Unpredictable, so that nobody can choose keys that fall together. */
const seed = (Math.random() * 0x7fff_ffff) | 0

/** A set or map of attribute keys. */
interface Keys {
  has(key: string): boolean
}

interface Cell {
  readonly buffer: Buffer
  /** The whole field, tag included, and the `KeyValue` in it. */
  readonly at: number
  readonly start: number
  readonly end: number
  readonly keyStart: number
  readonly keyEnd: number
  readonly known: boolean
  lost: boolean
}

/**
 * Attributes of several messages made unique: of equal keys the last one stays, and one that is known before one
 * that was only assumed (`assembly.md` section 5). Keeps ranges of bytes; nothing is decoded.
 */
export class AttributeCells {
  readonly #cells: Cell[] = []
  readonly #owner: number
  #byKey: Map<string, number> | undefined
  readonly #without: Keys

  /** @param without keys that are left out besides the control attributes */
  constructor(without: Keys) {
    this.#without = without
    lastOwner = lastOwner === 0xffff_ffff ? 1 : lastOwner + 1
    this.#owner = lastOwner
  }

  /** Takes the attribute whose field begins at `at` and whose `KeyValue` lies between `start` and `end`. */
  add(buffer: Buffer, at: number, start: number, end: number, assumed: readonly string[]): void {
    keyRange.find(buffer, start, end)
    const { start: keyStart, end: keyEnd } = keyRange
    if (mayBeControl(buffer, keyStart, keyEnd)) {
      const key = buffer.toString('latin1', keyStart, keyEnd)
      if (isControl(key) || this.#without.has(key)) return
    }
    const known = assumed.length === 0 || !assumed.includes(buffer.toString('utf8', keyStart, keyEnd))
    const index = this.#cells.length
    const cell = { buffer, at, start, end, keyStart, keyEnd, known, lost: false }
    const rival = this.#find(cell, index)
    this.#cells.push(cell)
    if (rival === undefined) return
    if (rival.known && !known) cell.lost = true
    else rival.lost = true
  }

  /** Writes what stays, in the order of the sources, neighbours in one piece. */
  write(writer: WireWriter): void {
    let source: Buffer | undefined
    let from = 0
    let to = 0
    for (const { buffer, at, end, lost } of this.#cells) {
      if (lost) continue
      if (buffer !== source || at !== to) {
        if (source !== undefined) writer.raw(source, from, to)
        source = buffer
        from = at
      }
      to = end
    }
    if (source !== undefined) writer.raw(source, from, to)
  }

  /** Writes what stays as attributes of another message, whose field has this tag. */
  writeAs(writer: WireWriter, tag: number): void {
    for (const { buffer, start, end, lost } of this.#cells) {
      if (lost) continue
      writer.byte(tag)
      writer.varint(end - start)
      writer.raw(buffer, start, end)
    }
  }

  /** The cell that holds this key now, if any; from now on the new one or it, whichever wins, is found. */
  #find(cell: Cell, index: number): Cell | undefined {
    if (this.#byKey !== undefined || index >= tableLimit) return this.#findByText(cell, index)
    let slot = hashOf(cell)
    for (;;) {
      if (owners[slot] !== this.#owner) {
        owners[slot] = this.#owner
        indexes[slot] = index
        return undefined
      }
      const rival = this.#cells[indexes[slot] ?? 0]
      if (rival !== undefined && sameKey(rival, cell)) {
        if (cell.known || !rival.known) indexes[slot] = index
        return rival
      }
      slot = (slot + 1) % tableSize
    }
  }

  #findByText(cell: Cell, index: number): Cell | undefined {
    if (this.#byKey === undefined) {
      this.#byKey = new Map()
      for (const [position, known] of this.#cells.entries()) {
        if (!known.lost) this.#byKey.set(textOf(known), position)
      }
    }
    const text = textOf(cell)
    const found = this.#byKey.get(text)
    const rival = found === undefined ? undefined : this.#cells[found]
    if (rival === undefined || cell.known || !rival.known) this.#byKey.set(text, index)
    return rival
  }
}

function hashOf({ buffer, keyStart, keyEnd }: Cell): number {
  let hash = seed ^ (keyEnd - keyStart)
  for (let at = keyStart; at < keyEnd; at++) hash = Math.imul(hash ^ (buffer[at] ?? 0), 0x0100_0193)
  return ((hash ^ (hash >>> 15)) >>> 0) % tableSize
}

function sameKey(left: Cell, right: Cell): boolean {
  const length = left.keyEnd - left.keyStart
  if (length !== right.keyEnd - right.keyStart) return false
  // From the end: keys of one namespace differ in their last characters.
  for (let index = length - 1; index >= 0; index--) {
    if (left.buffer[left.keyStart + index] !== right.buffer[right.keyStart + index]) return false
  }
  return true
}

function textOf({ buffer, keyStart, keyEnd }: Cell): string {
  return buffer.toString('latin1', keyStart, keyEnd)
}
