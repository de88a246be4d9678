import {
  eventField,
  FieldCursor,
  linkField,
  readUint32,
  spanField,
  statusField,
  type Resource,
  type Scope,
} from '@spanloom/core/traces'

import type { Profile } from '../profile.ts'
import { integerOf, textAt, textOf, textsAt, truthOf } from './control-value.ts'
import { control, controlAt, isLinkKey, mayBeControl } from './control.ts'
import { KeyRange } from './key-range.ts'
import { canonicalKey, keyOfIds } from './key.ts'

/** What a fragment tells (`assembly.md` section 1). */
export type FragmentKind = 'start' | 'update' | 'end' | 'complete'

/** A status as it is on the wire. */
export interface FragmentStatus {
  readonly code: number
  readonly message: string
}

const unset: FragmentStatus = { code: 0, message: '' }
const nothing = Buffer.alloc(0)
const none: readonly string[] = []
const keyRange = new KeyRange()
const absent = -1

/**
 * One span as the assembler sees it: ids, times and control attributes, found in one scan of its bytes. The rest
 * stays bytes. An object may be scanned again with other bytes.
 */
export class Fragment {
  buffer: Buffer = nothing
  from: number = 0
  to: number = 0
  resource: Resource | undefined
  scope: Scope | undefined

  /** Positions of ids; 0 when absent or all zero, which OTLP takes for absent. */
  traceIdAt: number = 0
  spanIdAt: number = 0
  parentIdAt: number = 0
  /**
   * Event times in unix ns, 0n when absent, known once it has been placed. A start that was only assumed is the
   * fallback start of an end.
   */
  start: bigint = 0n
  end: bigint = 0n
  fallbackStart: bigint = 0n
  kind: FragmentKind = 'update'
  /** Whether anything in it steers the assembler, in a link, too. */
  controlled: boolean = false

  /** Explicit name of the key in its canonical form; '' when the ids are the key. */
  keyName: string = ''
  eventId: string = ''
  explicitRank: number | undefined
  /** Ends what is open, starts nothing. */
  closing: boolean = false

  /** Its place in the order: time in unix ns, rank, number of arrival. */
  time: bigint = 0n
  rank: number = 0
  arrival: number = 0
  /** Number of the closing end that it is, or is a copy of; 0 for any other fragment. */
  closingNumber: number = 0
  /** Processing time of its arrival in ms. */
  arrivedMs: number = 0

  /** Where the control attributes begin that are read only when somebody asks. */
  #parentKeyAt: number = absent
  #aliasAt: number = absent
  #groupAt: number = absent
  #profileAt: number = absent
  #assumedAt: number = absent
  #parentKey: string | undefined
  #aliases: readonly string[] | undefined

  #nameAt: number = 0
  #nameEnd: number = 0
  #startAt: number = 0
  #endAt: number = 0
  #firstEvent: number = 0
  #firstEventEnd: number = 0
  #statusAt: number = 0
  #statusEnd: number = 0
  #status: FragmentStatus | undefined

  /** Looks once over the `Span` message between `from` and `to`, which was checked before. */
  scan(buffer: Buffer, from: number, to: number): void {
    this.#reset(buffer, from, to)
    const fields = new FieldCursor(buffer, from, to)
    while (fields.next()) this.#note(fields)
    this.#settle()
  }

  /** Neither steered nor partial: can be handed on as it is, unless its key is known. */
  get whole(): boolean {
    return !this.controlled && this.kind === 'complete'
  }

  /** Canonical name of the key that it belongs to; '' when it has neither key nor ids. */
  get key(): string {
    if (this.keyName !== '') return this.keyName
    return this.traceIdAt === 0 || this.spanIdAt === 0
      ? ''
      : keyOfIds(this.buffer, this.traceIdAt, this.spanIdAt)
  }

  /** Lower-case hex; '' when absent. */
  get traceId(): string {
    return this.traceIdAt === 0 ? '' : this.buffer.toString('hex', this.traceIdAt, this.traceIdAt + 16)
  }

  /** Lower-case hex; '' when absent. */
  get spanId(): string {
    return this.spanIdAt === 0 ? '' : this.buffer.toString('hex', this.spanIdAt, this.spanIdAt + 8)
  }

  /** Lower-case hex; '' when absent. */
  get parentSpanId(): string {
    return this.parentIdAt === 0 ? '' : this.buffer.toString('hex', this.parentIdAt, this.parentIdAt + 8)
  }

  /** '' when absent. A closing end has none that counts. */
  get name(): string {
    if (this.closing || this.#nameAt === this.#nameEnd) return ''
    return this.buffer.toString('utf8', this.#nameAt, this.#nameEnd)
  }

  /** Canonical name of the parent's key; '' when absent. */
  get parentKey(): string {
    return (this.#parentKey ??=
      this.#parentKeyAt < 0 ? '' : canonicalKey(textAt(this.buffer, this.#parentKeyAt, this.to)))
  }

  /** Canonical names under which others may refer to it. A closing end has none. */
  get aliases(): readonly string[] {
    return (this.#aliases ??=
      this.#aliasAt < 0 || this.closing
        ? none
        : textsAt(this.buffer, this.#aliasAt, this.to).map(canonicalKey))
  }

  /** Canonical name of the group that it belongs to; '' when absent. */
  get group(): string {
    return this.#groupAt < 0 ? '' : canonicalKey(textAt(this.buffer, this.#groupAt, this.to))
  }

  /** Name of the profile; '' when absent. */
  get profile(): string {
    return this.#profileAt < 0 ? '' : textAt(this.buffer, this.#profileAt, this.to)
  }

  /** Names of what it does not know for sure: attributes, or `start`. */
  get assumed(): readonly string[] {
    return this.#assumedAt < 0 ? none : textsAt(this.buffer, this.#assumedAt, this.to)
  }

  /** Whether it says who its parent is. A closing end never does. */
  get namesParent(): boolean {
    return !this.closing && (this.parentIdAt !== 0 || this.parentKey !== '')
  }

  /** Whether it tells an end time. */
  get hasEnd(): boolean {
    return this.kind === 'end' || this.kind === 'complete'
  }

  get status(): FragmentStatus {
    return (this.#status ??= this.#statusEnd === 0 ? unset : this.#readStatus())
  }

  /** Gives it its place among the fragments of its key. `wallNs` is when it arrived, for fragments without time. */
  place(profile: Profile, arrival: number, arrivedMs: number, wallNs: bigint): void {
    const { ranks } = profile
    const { buffer, kind } = this
    this.arrival = arrival
    this.arrivedMs = arrivedMs
    const told = this.#startAt === 0 ? 0n : readTime(buffer, this.#startAt)
    const starts = kind === 'start' || kind === 'complete'
    this.start = starts ? told : 0n
    this.fallbackStart = starts || this.closing ? 0n : told
    this.end = this.#endAt === 0 ? 0n : readTime(buffer, this.#endAt)
    this.rank = this.explicitRank ?? ranks[this.kind]
    if (this.kind === 'update') this.time = this.#firstEventTime() || wallNs
    else this.time = this.kind === 'end' ? this.end : this.start
  }

  /** Whether it has no time of its own, so that the time of its arrival has to be kept. */
  get timeless(): boolean {
    return this.kind === 'update' && this.#firstEventTime() === 0n
  }

  #reset(buffer: Buffer, from: number, to: number): void {
    this.buffer = buffer
    this.from = from
    this.to = to
    this.traceIdAt = 0
    this.spanIdAt = 0
    this.parentIdAt = 0
    this.#nameAt = 0
    this.#nameEnd = 0
    this.#startAt = 0
    this.#endAt = 0
    this.controlled = false
    this.#firstEvent = 0
    this.#firstEventEnd = 0
    this.#statusAt = 0
    this.#statusEnd = 0
    this.#status = undefined
    this.#clearControl()
  }

  #clearControl(): void {
    this.keyName = ''
    this.eventId = ''
    this.explicitRank = undefined
    this.closing = false
    this.#parentKeyAt = absent
    this.#aliasAt = absent
    this.#groupAt = absent
    this.#profileAt = absent
    this.#assumedAt = absent
    this.#parentKey = undefined
    this.#aliases = undefined
  }

  #note(fields: FieldCursor): void {
    const { buffer } = this
    switch (fields.field) {
      case spanField.attributes:
        keyRange.find(buffer, fields.start, fields.end)
        if (mayBeControl(buffer, keyRange.start, keyRange.end)) this.#steer(fields)
        break
      case spanField.traceId:
        this.traceIdAt = setAt(buffer, fields.start, fields.end)
        break
      case spanField.spanId:
        this.spanIdAt = setAt(buffer, fields.start, fields.end)
        break
      case spanField.parentSpanId:
        this.parentIdAt = setAt(buffer, fields.start, fields.end)
        break
      case spanField.name:
        this.#nameAt = fields.start
        this.#nameEnd = fields.end
        break
      case spanField.startTimeUnixNano:
        this.#startAt = setAt(buffer, fields.start, fields.start + 8)
        break
      case spanField.endTimeUnixNano:
        this.#endAt = setAt(buffer, fields.start, fields.start + 8)
        break
      case spanField.events:
        if (this.#firstEventEnd !== 0) break
        this.#firstEvent = fields.start
        this.#firstEventEnd = fields.end
        break
      case spanField.links:
        this.controlled ||= hasLinkKey(buffer, fields.start, fields.end)
        break
      case spanField.status:
        if (this.#statusEnd === 0) this.#statusAt = fields.at
        this.#statusEnd = fields.end
        break
      default:
    }
  }

  #steer({ at, start, end }: FieldCursor): void {
    const { buffer } = this
    const name = controlAt(buffer, keyRange.start, keyRange.end)
    if (name === undefined) return
    this.controlled = true
    switch (name) {
      case control.key:
        this.keyName = canonicalKey(textOf(buffer, start, end))
        break
      case control.parentKey:
        this.#parentKeyAt = at
        break
      case control.alias:
        this.#aliasAt = at
        break
      case control.group:
        this.#groupAt = at
        break
      case control.profile:
        this.#profileAt = at
        break
      case control.assumed:
        this.#assumedAt = at
        break
      case control.rank:
        this.explicitRank = integerOf(buffer, start, end)
        break
      case control.eventId:
        this.eventId = textOf(buffer, start, end)
        break
      case control.close:
        this.closing = truthOf(buffer, start, end)
    }
  }

  #settle(): void {
    const began = this.#startAt !== 0
    const ended = this.#endAt !== 0
    this.closing &&= ended
    // A start that nobody knows for sure makes it an end, and a closing end starts nothing.
    const unsure = began && ended && (this.closing || this.assumed.includes('start'))
    this.kind = began && !unsure ? (ended ? 'complete' : 'start') : ended ? 'end' : 'update'
  }

  #firstEventTime(): bigint {
    if (this.#firstEventEnd === 0) return 0n
    const fields = new FieldCursor(this.buffer, this.#firstEvent, this.#firstEventEnd)
    let time = 0n
    while (fields.next()) {
      if (fields.field === eventField.timeUnixNano) time = readTime(this.buffer, fields.start)
    }
    return time
  }

  #readStatus(): FragmentStatus {
    const { buffer } = this
    const parts = new FieldCursor(buffer, this.#statusAt, this.#statusEnd)
    let code = 0
    let message = ''
    while (parts.next()) {
      if (parts.field !== spanField.status) continue
      const fields = new FieldCursor(buffer, parts.start, parts.end)
      while (fields.next()) {
        if (fields.field === statusField.code) code = readUint32(buffer, fields.start)
        else if (fields.field === statusField.message)
          message = buffer.toString('utf8', fields.start, fields.end)
      }
    }
    return { code, message }
  }
}

/** The position of the bytes; 0 when there are none or all are zero. */
function setAt(buffer: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) if (buffer[at] !== 0) return start
  return 0
}

function readTime(buffer: Buffer, at: number): bigint {
  return buffer.readBigUInt64LE(at)
}

function hasLinkKey(buffer: Buffer, start: number, end: number): boolean {
  const fields = new FieldCursor(buffer, start, end)
  while (fields.next()) {
    if (fields.field !== linkField.attributes) continue
    keyRange.find(buffer, fields.start, fields.end)
    if (isLinkKey(buffer, keyRange.start, keyRange.end)) return true
  }
  return false
}
