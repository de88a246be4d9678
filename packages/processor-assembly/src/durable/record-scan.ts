import type { AppendedRecord, Clock } from '@spanloom/core'
import { asBuffer } from '@spanloom/core/traces'

import {
  type ClosingRecord,
  decodeClock,
  decodeClosing,
  decodeFragment,
  decodeNote,
  decodeWaiting,
  type FragmentRecord,
  type NoteRecord,
  recordKind,
} from './record-codec.ts'
import { StoredTime } from './stored-time.ts'

interface Restored {
  readonly key: string
  readonly sequence: number
}

/** A record that was found on disk. Its times are those of this process. */
export type RestoredRecord = Restored &
  (
    | ({ readonly kind: 'fragment' } & FragmentRecord)
    | ({ readonly kind: 'copy' } & FragmentRecord)
    | ({ readonly kind: 'note' } & NoteRecord)
    | ({ readonly kind: 'closing' } & ClosingRecord)
    | { readonly kind: 'waiting'; readonly traces: Buffer }
  )

/** Reads what is on disk, a page at a time. */
export class RecordScan {
  /** Records that could not be read and were left where they are. */
  unreadable: number = 0
  /** No number that was ever given is higher. */
  lastNumber: number = 0
  readonly #clock: Clock
  #time: StoredTime | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Processing time as it is stored, which goes on from where the process before left it. */
  get time(): StoredTime {
    return (this.#time ??= new StoredTime(this.#clock))
  }

  read(page: readonly AppendedRecord[]): readonly RestoredRecord[] {
    return page.flatMap((record) => {
      this.lastNumber = Math.max(this.lastNumber, record.sequence)
      try {
        return this.#decode(record) ?? []
      } catch {
        this.unreadable++
        return []
      }
    })
  }

  #decode({ key, sequence, bytes }: AppendedRecord): RestoredRecord | undefined {
    const record = asBuffer(bytes)
    const kind = record[0] ?? 0
    switch (kind) {
      case recordKind.clock:
        this.#time = new StoredTime(this.#clock, decodeClock(record))
        return undefined
      case recordKind.fragment:
        return { kind: 'fragment', key, sequence, ...this.#inTime(decodeFragment(record)) }
      case recordKind.copy:
        return { kind: 'copy', key, sequence, ...this.#inTime(decodeFragment(record)) }
      case recordKind.note:
        return { kind: 'note', key, sequence, ...this.#note(decodeNote(record)) }
      case recordKind.closing: {
        const closing = decodeClosing(record)
        const expires = this.time.aheadFromStored(closing.expires)
        return { kind: 'closing', key, sequence, ...closing, ...this.#inTime(closing), expires }
      }
      case recordKind.waiting:
        return { kind: 'waiting', key, sequence, traces: decodeWaiting(record) }
      default:
        throw new TypeError('The record is of a kind that nobody knows.')
    }
  }

  #inTime({ fragment, fingerprint }: FragmentRecord): FragmentRecord {
    return {
      fragment: { ...fragment, arrivedMs: this.time.fromStored(fragment.arrivedMs) },
      fingerprint,
    }
  }

  #note(note: NoteRecord): NoteRecord {
    this.lastNumber = Math.max(this.lastNumber, note.lastNumber)
    const { facts } = note
    return {
      ...note,
      facts: {
        ...facts,
        lastArrivalMs: this.time.fromStored(facts.lastArrivalMs),
        lastLeaveMs: this.time.fromStored(facts.lastLeaveMs),
      },
    }
  }
}
