import type { WireWriter } from '@spanloom/core/traces'

import { controlAt, mayBeControl } from '../fragment/control.ts'
import { KeyRange } from '../fragment/key-range.ts'
import { grown } from '../keys/typed-arrays.ts'

/** Beyond this many attributes a map finds equal keys, because a sender could make the small table slow. */
const tableLimit = 512
const tableSize = 2048

const keyRange = new KeyRange()
/** Which object a place in the table belongs to: starting over is taking a new number. */
const owners = new Uint32Array(tableSize)
const indexes = new Uint16Array(tableSize)
let lastOwner = 0
/** Unpredictable, so that nobody can choose keys that fall together. */
const seed = (Math.random() * 0x7fff_ffff) | 0

/**
 * The attributes being made unique, a column for each fact: the whole field, the `KeyValue` in it, its key. Only one
 * object works at a time, so that all can share the memory.
 */
const buffers: Buffer[] = []
let ats = new Uint32Array(256)
let starts = new Uint32Array(256)
let ends = new Uint32Array(256)
let keyStarts = new Uint32Array(256)
let keyEnds = new Uint32Array(256)
let states = new Uint8Array(256)

const state = { known: 1, lost: 2 } as const

/** A set or map of attribute keys. */
interface Keys {
  has(key: string): boolean
}

/**
 * Attributes of several messages made unique: of equal keys the last one stays, and one that is known before one
 * that was only assumed (`assembly.md` section 5). Keeps ranges of bytes; nothing is decoded.
 *
 * Take all attributes, then write them, before the next object is made.
 */
export class AttributeCells {
  readonly #without: Keys
  readonly #owner: number
  #count: number = 0
  #byKey: Map<string, number> | undefined

  /** @param without keys that are left out besides the control attributes */
  constructor(without: Keys) {
    this.#without = without
    lastOwner = lastOwner === 0xffff_ffff ? 1 : lastOwner + 1
    this.#owner = lastOwner
    buffers.length = 0
  }

  /** Takes the attribute whose field begins at `at` and whose `KeyValue` lies between `start` and `end`. */
  add(buffer: Buffer, at: number, start: number, end: number, assumed: readonly string[]): void {
    keyRange.find(buffer, start, end)
    const { start: keyStart, end: keyEnd } = keyRange
    if (mayBeControl(buffer, keyStart, keyEnd)) {
      if (controlAt(buffer, keyStart, keyEnd) !== undefined) return
      if (this.#without.has(buffer.toString('latin1', keyStart, keyEnd))) return
    }
    const isKnown = assumed.length === 0 || !assumed.includes(buffer.toString('utf8', keyStart, keyEnd))
    const index = this.#count++
    if (index >= ats.length) makeRoom(index)
    buffers[index] = buffer
    ats[index] = at
    starts[index] = start
    ends[index] = end
    keyStarts[index] = keyStart
    keyEnds[index] = keyEnd
    states[index] = isKnown ? state.known : 0
    if (index >= tableLimit) this.#compete(index, this.#findByText(index))
    else this.#place(index)
  }

  /** Writes what stays, in the order of the sources, neighbours in one piece. */
  write(writer: WireWriter): void {
    let source: Buffer | undefined
    let from = 0
    let to = 0
    for (let index = 0; index < this.#count; index++) {
      if (isLost(index)) continue
      const at = ats[index] ?? 0
      const buffer = buffers[index]
      if (buffer !== source || at !== to) {
        if (source !== undefined) writer.raw(source, from, to)
        source = buffer
        from = at
      }
      to = ends[index] ?? 0
    }
    if (source !== undefined) writer.raw(source, from, to)
    buffers.length = 0
  }

  /** Writes what stays as attributes of another message, whose field has this tag. */
  writeAs(writer: WireWriter, tag: number): void {
    for (let index = 0; index < this.#count; index++) {
      const buffer = buffers[index]
      if (buffer === undefined || isLost(index)) continue
      const start = starts[index] ?? 0
      const end = ends[index] ?? 0
      writer.byte(tag)
      writer.varint(end - start)
      writer.raw(buffer, start, end)
    }
    buffers.length = 0
  }

  /** Puts the attribute into the table, or lets it compete with the one of equal key. */
  #place(index: number): void {
    let slot = hashOf(index)
    for (;;) {
      if (owners[slot] !== this.#owner) {
        owners[slot] = this.#owner
        indexes[slot] = index
        return
      }
      const rival = indexes[slot] ?? 0
      if (hasSameKey(rival, index)) {
        if (this.#compete(index, rival)) indexes[slot] = index
        return
      }
      slot = (slot + 1) % tableSize
    }
  }

  /** Whether the new attribute wins over the one that was there. */
  #compete(index: number, rival: number | undefined): boolean {
    if (rival === undefined) return true
    const isLesser = states[index] === 0 && states[rival] === state.known
    const loser = isLesser ? index : rival
    states[loser] = (states[loser] ?? 0) | state.lost
    if (!isLesser) this.#byKey?.set(textOf(index), index)
    return !isLesser
  }

  #findByText(index: number): number | undefined {
    if (this.#byKey === undefined) {
      this.#byKey = new Map()
      for (let known = 0; known < index; known++) if (!isLost(known)) this.#byKey.set(textOf(known), known)
    }
    const text = textOf(index)
    const rival = this.#byKey.get(text)
    if (rival === undefined) this.#byKey.set(text, index)
    return rival
  }
}

function makeRoom(index: number): void {
  ats = grown(ats, index)
  starts = grown(starts, index)
  ends = grown(ends, index)
  keyStarts = grown(keyStarts, index)
  keyEnds = grown(keyEnds, index)
  states = grown(states, index)
}

function isLost(index: number): boolean {
  return ((states[index] ?? 0) & state.lost) !== 0
}

function hashOf(index: number): number {
  const buffer = buffers[index]
  const start = keyStarts[index] ?? 0
  const end = keyEnds[index] ?? 0
  let hash = seed ^ (end - start)
  if (buffer !== undefined) {
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (buffer[at] ?? 0), 0x0100_0193)
  }
  return ((hash ^ (hash >>> 15)) >>> 0) % tableSize
}

function hasSameKey(left: number, right: number): boolean {
  const leftStart = keyStarts[left] ?? 0
  const rightStart = keyStarts[right] ?? 0
  const length = (keyEnds[left] ?? 0) - leftStart
  if (length !== (keyEnds[right] ?? 0) - rightStart) return false
  const leftBuffer = buffers[left]
  const rightBuffer = buffers[right]
  if (leftBuffer === undefined || rightBuffer === undefined) return false
  // From the end: keys of one namespace differ in their last characters.
  for (let index = length - 1; index >= 0; index--) {
    if (leftBuffer[leftStart + index] !== rightBuffer[rightStart + index]) return false
  }
  return true
}

function textOf(index: number): string {
  return buffers[index]?.toString('latin1', keyStarts[index], keyEnds[index]) ?? ''
}
