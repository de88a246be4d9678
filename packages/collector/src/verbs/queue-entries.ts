import { type QueueRecord, SpanloomError } from '@spanloom/core'
import type { OfflineQueue } from '@spanloom/extension-storage/offline'
import { InvalidArgumentError, Option } from 'commander'

/** What may become of an entry: it is still to be sent, or it was given up. */
export type EntryState = 'pending' | 'dead'

export interface Entry {
  readonly state: EntryState
  readonly record: QueueRecord
}

/** Which entries a verb is about. */
export type StateFlag = EntryState | 'all'

const pageLength = 500

export function stateOption(): Option {
  return new Option('--state <state>', 'which entries').choices(['pending', 'dead', 'all']).default('all')
}

/** Entries in order of id: the pending ones, then the dead letters. */
export function* entriesOf(queue: OfflineQueue, state: StateFlag): Generator<Entry> {
  if (state !== 'dead') yield* pages('pending', (after) => queue.pending(after, pageLength))
  if (state !== 'pending') yield* pages('dead', (after) => queue.deadLetters(after, pageLength))
}

/**
 * The entries of these ids.
 *
 * @throws SpanloomError naming the ids that no entry has.
 */
export function entriesById(queue: OfflineQueue, ids: readonly number[]): readonly Entry[] {
  const found = [...new Set(ids)].map((id) => [id, entryById(queue, id)] as const)
  const missing = found.flatMap(([id, entry]) => (entry === undefined ? [id] : []))
  if (missing.length > 0) {
    throw new SpanloomError('NO_ENTRY', `the queue has no entry ${missing.join(', ')}`)
  }
  return found.flatMap(([, entry]) => entry ?? [])
}

/** Argument parser for ids. */
export function idArgument(text: string): number {
  const id = /^[0-9]{1,15}$/.test(text) ? Number(text) : 0
  if (id < 1) throw new InvalidArgumentError(`"${text}" is no id of an entry.`)
  return id
}

/** Argument parser for lists of ids. */
export function idArguments(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, idArgument(text)]
}

function entryById(queue: OfflineQueue, id: number): Entry | undefined {
  const isIt = (record: QueueRecord | undefined): record is QueueRecord => record?.id === id
  const [pending] = queue.pending(id - 1, 1)
  if (isIt(pending)) return { state: 'pending', record: pending }
  const [dead] = queue.deadLetters(id - 1, 1)
  return isIt(dead) ? { state: 'dead', record: dead } : undefined
}

function* pages(state: EntryState, read: (after: number) => readonly QueueRecord[]): Generator<Entry> {
  for (let after = 0; ;) {
    const page = read(after)
    const last = page.at(-1)
    if (last === undefined) return
    for (const record of page) yield { state, record }
    after = last.id
  }
}

/** An entry as it is told: times as text, of a dead letter when and why it was given up. */
export function toListing({ state, record }: Entry): Readonly<Record<string, unknown>> {
  const { id, items, bytes, attempts, createdMs, dueMs, lastStatus, lastError } = record
  return {
    id,
    state,
    spans: items,
    bytes,
    attempts,
    created: timeOf(createdMs),
    [state === 'dead' ? 'given_up' : 'due']: timeOf(dueMs),
    ...(lastStatus === undefined ? {} : { status: lastStatus }),
    ...(lastError === undefined ? {} : { [state === 'dead' ? 'reason' : 'last_error']: lastError }),
  }
}

/** A moment in ISO 8601; what is no moment of any calendar stays a number. */
export function timeOf(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)
}

export function countOfEntries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`
}
