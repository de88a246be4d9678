import { copyRange } from '@spanloom/core/traces'

import { grown } from '../keys/typed-arrays.ts'
import { Arena } from './arena.ts'
import { Origins } from './origins.ts'
import type { FragmentStore, KeyRecords, StoredFragment } from './store.ts'

/** Layout of a block: next block, length, origin, arrival, time of arrival, fingerprint, then the span. */
const at = { next: 0, length: 4, origin: 8, arrival: 12, arrivedMs: 20, print: 28 } as const
const printLength = 16
const headerLength = at.print + printLength
/** Set in the length of a fragment with more behind its bytes: closing and wall time. */
const hasMore = 0x8000_0000
const moreLength = 12

/** Layout of a key's memory: how many fingerprints, length of what is remembered, fingerprints, what is remembered. */
const memoryHeader = 8
/** So many fingerprints of fragments that have left are kept for one key; the oldest go first. */
const maxPrints = 20_000

/** Keys with more fragments than this find duplicates with a set. */
const manyFragments = 24

/** Keeps everything in memory, outside of the JavaScript heap, and answers at once. */
export class MemoryStore implements FragmentStore {
  readonly #arena = new Arena()
  readonly #origins = new Origins()
  #heads = new Uint32Array(1024)
  #tails = new Uint32Array(1024)
  #memories = new Uint32Array(1024)
  #counts = new Uint32Array(1024)
  readonly #prints = new Map<number, Set<string>>()

  get size(): number {
    return this.#arena.size
  }

  append(slot: number, _key: string, fragment: StoredFragment, fingerprint: string): boolean {
    this.#reserve(slot)
    if (this.#knows(slot, fingerprint)) return false
    const { buffer, from, to, closing, wallNs } = fragment
    const length = to - from
    const isMore = closing !== 0 || wallNs !== 0n
    const block = this.#arena.allocate(headerLength + length + (isMore ? moreLength : 0))
    const page = this.#arena.buffer(block)
    const view = this.#arena.view(block)
    const offset = this.#arena.offset(block)
    view.setUint32(offset + at.next, 0, true)
    view.setUint32(offset + at.length, isMore ? length + hasMore : length, true)
    view.setUint32(offset + at.origin, this.#origins.use(fragment.resource, fragment.scope), true)
    view.setFloat64(offset + at.arrival, fragment.arrival, true)
    view.setFloat64(offset + at.arrivedMs, fragment.arrivedMs, true)
    writePrint(page, offset + at.print, fingerprint)
    buffer.copy(page, offset + headerLength, from, to)
    if (isMore) {
      view.setUint32(offset + headerLength + length, closing, true)
      view.setBigUint64(offset + headerLength + length + 4, wallNs, true)
    }
    this.#link(slot, block)
    this.#prints.get(slot)?.add(fingerprint)
    return true
  }

  share(slot: number, key: string, fragment: StoredFragment, fingerprint: string): boolean {
    return this.append(slot, key, fragment, fingerprint)
  }

  /** Whether the key has taken this fingerprint before. */
  knows(slot: number, fingerprint: string): boolean {
    this.#reserve(slot)
    return this.#knows(slot, fingerprint)
  }

  read(slot: number): KeyRecords {
    const fragments: StoredFragment[] = []
    for (let block = this.#heads[slot] ?? 0; block !== 0; block = this.#next(block)) {
      fragments.push(this.#fragment(block))
    }
    return { fragments, memory: this.#memoryOf(slot).remembered }
  }

  #fragment(block: number): StoredFragment {
    const buffer = this.#arena.buffer(block)
    const view = this.#arena.view(block)
    const offset = this.#arena.offset(block)
    const coded = view.getUint32(offset + at.length, true)
    const isMore = coded >= hasMore
    const from = offset + headerLength
    const to = from + (isMore ? coded - hasMore : coded)
    const { resource, scope } = this.#origins.get(view.getUint32(offset + at.origin, true))
    return {
      buffer,
      from,
      to,
      resource,
      scope,
      arrival: view.getFloat64(offset + at.arrival, true),
      arrivedMs: view.getFloat64(offset + at.arrivedMs, true),
      wallNs: isMore ? view.getBigUint64(to + 4, true) : 0n,
      closing: isMore ? view.getUint32(to, true) : 0,
    }
  }

  release(slot: number, _key: string, gone: ReadonlySet<number>, memory: Buffer | undefined): void {
    const dropped: number[] = []
    let block = this.#heads[slot] ?? 0
    this.#heads[slot] = 0
    this.#tails[slot] = 0
    this.#counts[slot] = 0
    while (block !== 0) {
      const next = this.#next(block)
      const view = this.#arena.view(block)
      const offset = this.#arena.offset(block)
      if (gone.has(view.getFloat64(offset + at.arrival, true))) dropped.push(block)
      else {
        view.setUint32(offset + at.next, 0, true)
        this.#link(slot, block)
      }
      block = next
    }
    this.#remember(slot, dropped, memory)
    for (const one of dropped) this.#drop(one)
  }

  /**
   * What the key keeps of what has left it, fingerprints included, as {@link recall} takes it; undefined for nothing.
   * Valid until the key is changed.
   */
  memory(slot: number): Buffer | undefined {
    if ((this.#memories[slot] ?? 0) === 0) return undefined
    const { buffer, prints, count, remembered } = this.#memoryOf(slot)
    return buffer.subarray(
      prints - memoryHeader,
      prints + count * printLength + (remembered === undefined ? 0 : remembered.length),
    )
  }

  /**
   * Gives a key back what {@link memory} told of it.
   *
   * @throws RangeError when the bytes are none
   */
  recall(slot: number, bytes: Buffer): void {
    this.#reserve(slot)
    if (bytes.readUInt32LE(0) * printLength + bytes.readUInt32LE(4) + memoryHeader !== bytes.length)
      throw new RangeError('The memory of a key is cut off.')
    const block = this.#arena.allocate(bytes.length)
    bytes.copy(this.#arena.buffer(block), this.#arena.offset(block))
    const before = this.#memories[slot] ?? 0
    if (before !== 0) this.#arena.free(before)
    this.#memories[slot] = block
    this.#prints.delete(slot)
  }

  delete(slot: number): void {
    let block = this.#heads[slot] ?? 0
    while (block !== 0) {
      const next = this.#next(block)
      this.#drop(block)
      block = next
    }
    const memory = this.#memories[slot] ?? 0
    if (memory !== 0) this.#arena.free(memory)
    this.#heads[slot] = 0
    this.#tails[slot] = 0
    this.#counts[slot] = 0
    this.#memories[slot] = 0
    this.#prints.delete(slot)
  }

  #reserve(slot: number): void {
    if (slot < this.#heads.length) return
    this.#heads = grown(this.#heads, slot)
    this.#tails = grown(this.#tails, slot)
    this.#memories = grown(this.#memories, slot)
    this.#counts = grown(this.#counts, slot)
  }

  #link(slot: number, block: number): void {
    const tail = this.#tails[slot] ?? 0
    if (tail === 0) this.#heads[slot] = block
    else this.#arena.view(tail).setUint32(this.#arena.offset(tail) + at.next, block, true)
    this.#tails[slot] = block
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
  }

  #next(block: number): number {
    return this.#arena.view(block).getUint32(this.#arena.offset(block) + at.next, true)
  }

  #drop(block: number): void {
    this.#origins.leave(this.#arena.view(block).getUint32(this.#arena.offset(block) + at.origin, true))
    this.#arena.free(block)
  }

  #knows(slot: number, print: string): boolean {
    const set = this.#prints.get(slot)
    if (set !== undefined) return set.has(print)
    const memory = this.#memories[slot] ?? 0
    const left = memory === 0 ? 0 : this.#arena.view(memory).getUint32(this.#arena.offset(memory), true)
    if ((this.#counts[slot] ?? 0) + left > manyFragments) {
      const prints = this.#allPrints(slot)
      this.#prints.set(slot, prints)
      return prints.has(print)
    }
    if (left > 0) {
      const buffer = this.#arena.buffer(memory)
      const from = this.#arena.offset(memory) + memoryHeader
      for (let index = 0; index < left; index++) {
        if (isPrint(buffer, from + index * printLength, print)) return true
      }
    }
    for (let block = this.#heads[slot] ?? 0; block !== 0; block = this.#next(block)) {
      if (isPrint(this.#arena.buffer(block), this.#arena.offset(block) + at.print, print)) return true
    }
    return false
  }

  #allPrints(slot: number): Set<string> {
    const memory = this.#memoryOf(slot)
    const prints = new Set<string>()
    for (let index = 0; index < memory.count; index++) {
      const from = memory.prints + index * printLength
      prints.add(memory.buffer.toString('latin1', from, from + printLength))
    }
    for (let block = this.#heads[slot] ?? 0; block !== 0; block = this.#next(block)) {
      const offset = this.#arena.offset(block) + at.print
      prints.add(this.#arena.buffer(block).toString('latin1', offset, offset + printLength))
    }
    return prints
  }

  #memoryOf(slot: number): Memory {
    const block = this.#memories[slot] ?? 0
    if (block === 0) return nothing
    const buffer = this.#arena.buffer(block)
    const offset = this.#arena.offset(block)
    const view = this.#arena.view(block)
    const count = view.getUint32(offset, true)
    const length = view.getUint32(offset + 4, true)
    const prints = offset + memoryHeader
    const remembered = prints + count * printLength
    return {
      buffer,
      prints,
      count,
      remembered: length === 0 ? undefined : buffer.subarray(remembered, remembered + length),
    }
  }

  /** Sets what a key remembers, and adds the fingerprints of blocks that are about to go. */
  #remember(slot: number, gone: readonly number[], remembered: Buffer | undefined): void {
    const old = this.#memoryOf(slot)
    const kept = Math.min(old.count, Math.max(0, maxPrints - gone.length))
    const count = kept + gone.length
    const length = remembered?.length ?? 0
    const block = this.#arena.allocate(memoryHeader + count * printLength + length)
    const buffer = this.#arena.buffer(block)
    let offset = this.#arena.offset(block)
    const view = this.#arena.view(block)
    view.setUint32(offset, count, true)
    view.setUint32(offset + 4, length, true)
    offset += memoryHeader
    if (kept > 0) {
      const end = old.prints + old.count * printLength
      offset += old.buffer.copy(buffer, offset, end - kept * printLength, end)
    }
    for (const one of gone) {
      const from = this.#arena.offset(one) + at.print
      offset = copyRange(this.#arena.buffer(one), from, from + printLength, buffer, offset)
    }
    remembered?.copy(buffer, offset)
    const before = this.#memories[slot] ?? 0
    if (before !== 0) this.#arena.free(before)
    this.#memories[slot] = block
    this.#prints.delete(slot)
  }
}

/** What a key remembers: where its fingerprints lie, and what it was given to remember. */
interface Memory {
  readonly buffer: Buffer
  readonly prints: number
  readonly count: number
  readonly remembered: Buffer | undefined
}

const nothing: Memory = { buffer: Buffer.alloc(0), prints: 0, count: 0, remembered: undefined }

function writePrint(buffer: Buffer, offset: number, print: string): void {
  for (let index = 0; index < printLength; index++) buffer[offset + index] = print.charCodeAt(index)
}

function isPrint(buffer: Buffer, offset: number, print: string): boolean {
  for (let index = 0; index < printLength; index++) {
    if (buffer[offset + index] !== print.charCodeAt(index)) return false
  }
  return true
}
