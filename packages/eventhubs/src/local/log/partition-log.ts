import { type StoredMessage, storedMessage } from '../amqp/stored-message.ts'

/** An event in a partition. */
export interface LogEntry extends StoredMessage {
  readonly sequenceNumber: number
  /** Bytes before the event in its partition. */
  readonly offset: number
  /** Unix milliseconds. */
  readonly enqueuedTime: number
}

/** The log of one partition: append only, the oldest events go when there are more than it keeps. */
export class PartitionLog {
  readonly id: string
  readonly #retention: number
  readonly #now: () => number
  readonly #listeners = new Set<() => void>()
  #entries: LogEntry[] = []
  /** Entries at the front that retention has taken. */
  #gone = 0
  #nextSequence = 0
  #nextOffset = 0

  /** Keeps at most `retention` events; `now` tells unix milliseconds. */
  constructor(id: string, retention: number, now: () => number) {
    this.id = id
    this.#retention = retention
    this.#now = now
  }

  /** Sequence number of the oldest event that is kept; that of the next one when there is none. */
  get first(): number {
    return this.#nextSequence - (this.#entries.length - this.#gone)
  }

  /** Sequence number that the next event gets. */
  get next(): number {
    return this.#nextSequence
  }

  /** The newest event that is kept. */
  get last(): LogEntry | undefined {
    return this.at(this.#nextSequence - 1)
  }

  at(sequenceNumber: number): LogEntry | undefined {
    return sequenceNumber < this.first ? undefined : this.#entries[this.#gone + sequenceNumber - this.first]
  }

  /** Stores encoded messages together: either all or, when one is malformed, none. */
  append(messages: readonly Buffer[]): void {
    const enqueuedTime = this.#now()
    const added: LogEntry[] = []
    let sequenceNumber = this.#nextSequence
    let offset = this.#nextOffset
    for (const message of messages) {
      const stored = storedMessage(message, { sequenceNumber, offset: String(offset), enqueuedTime })
      added.push({ ...stored, sequenceNumber, offset, enqueuedTime })
      sequenceNumber += 1
      offset += stored.bytes.length
    }
    for (const entry of added) this.#entries.push(entry)
    this.#nextSequence = sequenceNumber
    this.#nextOffset = offset
    this.#trim()
    for (const wake of this.#listeners) wake()
  }

  /** Calls `wake` after every append until the returned function is called. */
  onAppend(wake: () => void): () => void {
    this.#listeners.add(wake)
    return () => this.#listeners.delete(wake)
  }

  /** Sequence number of the first event that is kept and for which `matches`; events are in that order. */
  findFirst(matches: (entry: LogEntry) => boolean): number {
    let low = this.first
    let high = this.#nextSequence
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const entry = this.at(middle)
      if (entry !== undefined && matches(entry)) high = middle
      else low = middle + 1
    }
    return low
  }

  #trim(): void {
    this.#gone = Math.max(this.#gone, this.#entries.length - this.#retention)
    // Cutting the front of an array costs its length, so it is done once for many.
    if (this.#gone > 1024 && this.#gone * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#gone)
      this.#gone = 0
    }
  }
}
