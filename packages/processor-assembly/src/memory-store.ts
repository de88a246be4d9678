import { copyRange } from '@spanloom/core/traces'

import { Arena } from './arena.ts'
import { Origins } from './origins.ts'
import type { FragmentStore, KeyRecords, StoredFragment } from './store.ts'
import { grown } from './typed-arrays.ts'

/** Layout of a block: next block, its length, origin, closing, arrival, time of arrival, wall time, fingerprint, span. */
const at = {
  next: 0,
  length: 4,
  origin: 8,
  closing: 12,
  arrival: 16,
  arrivedMs: 24,
  wallNs: 32,
  print: 40,
} as const
const printLength = 16
const headerLength = at.print + printLength

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
    const { buffer, from, to } = fragment
    const block = this.#arena.allocate(headerLength + to - from)
    const page = this.#arena.buffer(block)
    const offset = this.#arena.offset(block)
    page.writeUInt32LE(0, offset + at.next)
    page.writeUInt32LE(to - from, offset + at.length)
    page.writeUInt32LE(this.#origins.use(fragment.resource, fragment.scope), offset + at.origin)
    page.writeUInt32LE(fragment.closing, offset + at.closing)
    page.writeDoubleLE(fragment.arrival, offset + at.arrival)
    page.writeDoubleLE(fragment.arrivedMs, offset + at.arrivedMs)
    page.writeBigUInt64LE(fragment.wallNs, offset + at.wallNs)
    page.write(fingerprint, offset + at.print, printLength, 'latin1')
    buffer.copy(page, offset + headerLength, from, to)
    this.#link(slot, block)
    this.#prints.get(slot)?.add(fingerprint)
    return true
  }

  read(slot: number): KeyRecords {
    const fragments: StoredFragment[] = []
    for (let block = this.#heads[slot] ?? 0; block !== 0; block = this.#next(block)) {
      const buffer = this.#arena.buffer(block)
      const offset = this.#arena.offset(block)
      const from = offset + headerLength
      const { resource, scope } = this.#origins.get(buffer.readUInt32LE(offset + at.origin))
      fragments.push({
        buffer,
        from,
        to: from + buffer.readUInt32LE(offset + at.length),
        resource,
        scope,
        arrival: buffer.readDoubleLE(offset + at.arrival),
        arrivedMs: buffer.readDoubleLE(offset + at.arrivedMs),
        wallNs: buffer.readBigUInt64LE(offset + at.wallNs),
        closing: buffer.readUInt32LE(offset + at.closing),
      })
    }
    return { fragments, memory: this.#memoryOf(slot).remembered }
  }

  release(slot: number, _key: string, gone: ReadonlySet<number>, memory: Buffer | undefined): void {
    const dropped: number[] = []
    let block = this.#heads[slot] ?? 0
    this.#heads[slot] = 0
    this.#tails[slot] = 0
    this.#counts[slot] = 0
    while (block !== 0) {
      const next = this.#next(block)
      const buffer = this.#arena.buffer(block)
      const offset = this.#arena.offset(block)
      if (gone.has(buffer.readDoubleLE(offset + at.arrival))) dropped.push(block)
      else {
        buffer.writeUInt32LE(0, offset + at.next)
        this.#link(slot, block)
      }
      block = next
    }
    this.#remember(slot, dropped, memory)
    for (const one of dropped) this.#drop(one)
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
    else this.#arena.buffer(tail).writeUInt32LE(block, this.#arena.offset(tail) + at.next)
    this.#tails[slot] = block
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
  }

  #next(block: number): number {
    return this.#arena.buffer(block).readUInt32LE(this.#arena.offset(block) + at.next)
  }

  #drop(block: number): void {
    const buffer = this.#arena.buffer(block)
    this.#origins.leave(buffer.readUInt32LE(this.#arena.offset(block) + at.origin))
    this.#arena.free(block)
  }

  #knows(slot: number, print: string): boolean {
    const set = this.#prints.get(slot)
    if (set !== undefined) return set.has(print)
    const memory = this.#memories[slot] ?? 0
    const left = memory === 0 ? 0 : this.#arena.buffer(memory).readUInt32LE(this.#arena.offset(memory))
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
    const count = buffer.readUInt32LE(offset)
    const length = buffer.readUInt32LE(offset + 4)
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
    buffer.writeUInt32LE(count, offset)
    buffer.writeUInt32LE(length, offset + 4)
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

function isPrint(buffer: Buffer, offset: number, print: string): boolean {
  for (let index = 0; index < printLength; index++) {
    if (buffer[offset + index] !== print.charCodeAt(index)) return false
  }
  return true
}
