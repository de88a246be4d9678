import { Envelope, Resource, Scope } from '@spanloom/core/traces'

import type { KeyFacts, StoredFragment } from '../store/store.ts'
import type { ClockReading } from './stored-time.ts'

/** What a record on disk is; the first byte. Numbers are never given a new meaning. */
export const recordKind = {
  /** A fragment that a sender was promised to have taken. */
  fragment: 1,
  /** A copy of a closing end in a key of its group; laid out like a fragment. */
  copy: 2,
  /** What a key remembers of runs and fragments that have left. */
  note: 3,
  /** A closing end that may still end something. */
  closing: 4,
  /** Spans that have left their keys and that the next stage has not taken. */
  waiting: 5,
  /** When the process last was alive. */
  clock: 6,
} as const

/** Layout of a fragment: kind, closing, arrival, time of arrival, wall time, fingerprint, lengths, then the bytes. */
const at = {
  closing: 1,
  arrival: 5,
  arrived: 13,
  wallNs: 21,
  print: 29,
  resourceLength: 45,
  scopeLength: 49,
  bytes: 53,
} as const
const printLength = 16

/** A fragment as it lies on disk. */
export interface FragmentRecord {
  /** Its bytes are views of the record. `arrivedMs` is in stored time. */
  readonly fragment: StoredFragment
  readonly fingerprint: string
}

/** `arrived`: the time of arrival in stored time. */
export function encodeFragment(
  { fragment, fingerprint }: FragmentRecord,
  arrived: number,
  kind: typeof recordKind.fragment | typeof recordKind.copy,
): Buffer {
  const { buffer, from, to, closing, arrival, wallNs } = fragment
  const resource = fragment.resource.envelope.bytes
  const scope = fragment.scope.envelope.bytes
  const record = Buffer.allocUnsafe(at.bytes + resource.length + scope.length + to - from)
  record[0] = kind
  record.writeUInt32LE(closing, at.closing)
  record.writeDoubleLE(arrival, at.arrival)
  record.writeDoubleLE(arrived, at.arrived)
  record.writeBigUInt64LE(wallNs, at.wallNs)
  record.write(fingerprint, at.print, printLength, 'latin1')
  record.writeUInt32LE(resource.length, at.resourceLength)
  record.writeUInt32LE(scope.length, at.scopeLength)
  resource.copy(record, at.bytes)
  scope.copy(record, at.bytes + resource.length)
  buffer.copy(record, at.bytes + resource.length + scope.length, from, to)
  return record
}

/** @throws RangeError when the bytes are none */
export function decodeFragment(record: Buffer): FragmentRecord {
  const resourceLength = record.readUInt32LE(at.resourceLength)
  const scopeLength = record.readUInt32LE(at.scopeLength)
  const scopeAt = at.bytes + resourceLength
  const from = scopeAt + scopeLength
  if (from > record.length) throw new RangeError('The record of a fragment is cut off.')
  return {
    fingerprint: record.toString('latin1', at.print, at.print + printLength),
    fragment: {
      buffer: record,
      from,
      to: record.length,
      resource:
        resourceLength === 0
          ? Resource.empty
          : new Resource(new Envelope(record.subarray(at.bytes, scopeAt))),
      scope: scopeLength === 0 ? Scope.empty : new Scope(new Envelope(record.subarray(scopeAt, from))),
      arrival: finite(record, at.arrival),
      arrivedMs: finite(record, at.arrived),
      wallNs: record.readBigUInt64LE(at.wallNs),
      closing: record.readUInt32LE(at.closing),
    },
  }
}

/** What a key remembers, as it lies on disk. */
export interface NoteRecord {
  /** No number that was given before it was written is higher. */
  readonly lastNumber: number
  /** Times in stored time. */
  readonly facts: KeyFacts
  /** Fingerprints and runs, in the form of `MemoryStore.memory`. */
  readonly memory: Buffer
}

/** Layout of a note: kind, last number, times, length of the names, names, memory. */
const noteAt = { lastNumber: 1, lastArrival: 9, lastLeave: 17, namesLength: 25, names: 29 } as const

export function encodeNote({ lastNumber, facts, memory }: NoteRecord): Buffer {
  const names = namesText(facts)
  const namesLength = Buffer.byteLength(names)
  const record = Buffer.allocUnsafe(noteAt.names + namesLength + memory.length)
  record[0] = recordKind.note
  record.writeDoubleLE(lastNumber, noteAt.lastNumber)
  record.writeDoubleLE(facts.lastArrivalMs, noteAt.lastArrival)
  record.writeDoubleLE(facts.lastLeaveMs, noteAt.lastLeave)
  record.writeUInt32LE(namesLength, noteAt.namesLength)
  record.write(names, noteAt.names)
  memory.copy(record, noteAt.names + namesLength)
  return record
}

/** @throws RangeError or SyntaxError when the bytes are none */
export function decodeNote(record: Buffer): NoteRecord {
  const namesEnd = noteAt.names + record.readUInt32LE(noteAt.namesLength)
  if (namesEnd > record.length) throw new RangeError('The record of a key is cut off.')
  return {
    lastNumber: finite(record, noteAt.lastNumber),
    facts: {
      lastArrivalMs: finite(record, noteAt.lastArrival),
      lastLeaveMs: finite(record, noteAt.lastLeave),
      ...parseNames(record.toString('utf8', noteAt.names, namesEnd)),
    },
    memory: record.subarray(namesEnd),
  }
}

type KeyNames = Pick<KeyFacts, 'profile' | 'aliases' | 'groups' | 'ids'>

/** '' for the many keys that have no names. */
function namesText({ profile, aliases, groups, ids }: KeyNames): string {
  const parts = [profile, ...[aliases, groups, ids].map((names) => [...names])]
  return parts.every(({ length }) => length === 0) ? '' : JSON.stringify(parts)
}

const noNames: KeyNames = { profile: '', aliases: [], groups: [], ids: [] }

function parseNames(text: string): KeyNames {
  if (text === '') return noNames
  const parts: unknown = JSON.parse(text)
  if (!Array.isArray(parts)) throw new SyntaxError('The names of a key are no list.')
  const [profile, aliases, groups, ids]: unknown[] = parts
  if (typeof profile !== 'string') throw new SyntaxError('The profile of a key is no name.')
  return { profile, aliases: texts(aliases), groups: texts(groups), ids: texts(ids) }
}

function texts(list: unknown): readonly string[] {
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list
  throw new SyntaxError('The names of a key are no texts.')
}

/** A closing end as long as it may end something. */
export interface ClosingRecord extends FragmentRecord {
  /** In stored time. */
  readonly expires: number
  readonly merged: boolean
}

/** Layout: kind, whether it was counted, when it expires, fragment. */
const closingAt = { merged: 1, expires: 2, fragment: 10 } as const

/** `arrived`: the time of arrival in stored time. */
export function encodeClosing(closing: ClosingRecord, arrived: number): Buffer {
  const fragment = encodeFragment(closing, arrived, recordKind.fragment)
  const record = Buffer.allocUnsafe(closingAt.fragment + fragment.length)
  record[0] = recordKind.closing
  record[closingAt.merged] = closing.merged ? 1 : 0
  record.writeDoubleLE(closing.expires, closingAt.expires)
  fragment.copy(record, closingAt.fragment)
  return record
}

/** @throws RangeError when the bytes are none */
export function decodeClosing(record: Buffer): ClosingRecord {
  return {
    ...decodeFragment(record.subarray(closingAt.fragment)),
    expires: finite(record, closingAt.expires),
    merged: record[closingAt.merged] === 1,
  }
}

export function encodeWaiting(traces: Buffer): Buffer {
  const record = Buffer.allocUnsafe(1 + traces.length)
  record[0] = recordKind.waiting
  traces.copy(record, 1)
  return record
}

/** OTLP `TracesData`. */
export function decodeWaiting(record: Buffer): Buffer {
  return record.subarray(1)
}

export function encodeClock({ stored, wallMs }: ClockReading): Buffer {
  const record = Buffer.allocUnsafe(17)
  record[0] = recordKind.clock
  record.writeDoubleLE(stored, 1)
  record.writeDoubleLE(wallMs, 9)
  return record
}

/** @throws RangeError when the bytes are none */
export function decodeClock(record: Buffer): ClockReading {
  return { stored: finite(record, 1), wallMs: finite(record, 9) }
}

/** A time or a number; anything else would spoil everything that is reckoned with it. */
function finite(record: Buffer, offset: number): number {
  const value = record.readDoubleLE(offset)
  if (Number.isFinite(value)) return value
  throw new RangeError('A number of a record is none.')
}
