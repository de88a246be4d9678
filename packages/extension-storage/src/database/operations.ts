import type { AppendChanges, AppendedRecord, IndexEntry, QueueRecord, QueueStats } from '@spanloom/core'

import type { AppendTable } from './append-table.ts'
import type { IndexTable } from './index-table.ts'
import type { NewRow, QueueTable } from './queue-table.ts'

/** Everything that can be done to an open file: what it takes, and what it answers. */
interface Operations {
  append: [{ readonly records: readonly NewRow[]; readonly bodies: readonly Uint8Array[] }, readonly number[]]
  pending: [{ readonly after: number; readonly limit: number }, readonly QueueRecord[]]
  due: [
    { readonly destination: number; readonly nowMs: number; readonly limit: number },
    readonly QueueRecord[],
  ]
  nextDueMs: [{ readonly destination: number }, number | undefined]
  body: [{ readonly id: number }, Uint8Array | undefined]
  done: [{ readonly ids: readonly number[] }, void]
  retry: [
    {
      readonly id: number
      readonly dueMs: number
      readonly status: number | undefined
      readonly error: string | undefined
    },
    void,
  ]
  dead: [{ readonly id: number; readonly reason: string }, void]
  deadLetters: [{ readonly after: number; readonly limit: number }, readonly QueueRecord[]]
  revive: [{ readonly ids: readonly number[]; readonly dueMs: number }, readonly number[]]
  stats: [undefined, QueueStats]
  write: [AppendChanges, void]
  read: [{ readonly sequences: readonly number[] }, readonly AppendedRecord[]]
  scan: [{ readonly after: number }, readonly AppendedRecord[]]
  get: [{ readonly key: string }, Uint8Array | undefined]
  put: [{ readonly entries: readonly IndexEntry[] }, void]
  delete: [{ readonly keys: readonly string[] }, void]
  entries: [{ readonly prefix: string; readonly after: string | undefined }, readonly IndexEntry[]]
  fileBytes: [undefined, number]
}

export type Operation = keyof Operations
export type ArgumentsOf<O extends Operation> = Operations[O][0]
export type ResultOf<O extends Operation> = Operations[O][1]

/** One call of an operation. */
export type Call = {
  readonly [O in Operation]: {
    readonly operation: O
    readonly arguments: ArgumentsOf<O>
    /** Rows that it changes, roughly. */
    readonly rows: number
    /** Bytes that it brings. */
    readonly bytes: number
  }
}[Operation]

/** What operations work on. */
export interface Tables {
  readonly queue: QueueTable
  readonly fragments: AppendTable
  readonly index: IndexTable
  fileBytes(): number
}

/**
 * What an operation does to the room on disk. `take`: fills it, and is refused early when it becomes scarce. `small`: takes
 * little, and is refused only when there is none. `release`: gives room back, so it must work even on a full disk (OUT-07).
 */
export type Effect = 'read' | 'take' | 'small' | 'release'

const effects: Readonly<Record<Operation, Effect>> = {
  append: 'take',
  pending: 'read',
  due: 'read',
  nextDueMs: 'read',
  body: 'read',
  done: 'release',
  retry: 'release',
  dead: 'release',
  deadLetters: 'read',
  revive: 'release',
  stats: 'read',
  write: 'take',
  read: 'read',
  scan: 'read',
  get: 'read',
  put: 'small',
  delete: 'release',
  entries: 'read',
  fileBytes: 'read',
}

export function effectOf(call: Pick<Call, 'operation' | 'arguments'>): Effect {
  if (call.operation === 'write' && isRemoval(call.arguments)) return 'release'
  return effects[call.operation]
}

const isRemoval = (changes: Call['arguments']): boolean =>
  changes !== undefined && !('append' in changes && changes.append !== undefined && changes.append.length > 0)

/** Does what a call asks for. */
export function perform(tables: Tables, call: Call, nowMs: number): ResultOf<Operation> {
  const { queue, fragments, index } = tables
  switch (call.operation) {
    case 'append':
      return queue.append(call.arguments.records, call.arguments.bodies, nowMs)
    case 'pending':
      return queue.pending(call.arguments.after, call.arguments.limit)
    case 'due':
      return queue.due(call.arguments.destination, call.arguments.nowMs, call.arguments.limit)
    case 'nextDueMs':
      return queue.nextDueMs(call.arguments.destination)
    case 'body':
      return queue.body(call.arguments.id)
    case 'done':
      return queue.done(call.arguments.ids)
    case 'retry': {
      const { id, dueMs, status, error } = call.arguments
      return queue.retry(id, dueMs, status, error)
    }
    case 'dead':
      return queue.dead(call.arguments.id, call.arguments.reason)
    case 'deadLetters':
      return queue.deadLetters(call.arguments.after, call.arguments.limit)
    case 'revive':
      return queue.revive(call.arguments.ids, call.arguments.dueMs)
    case 'stats':
      return queue.stats()
    case 'write':
      return fragments.write(call.arguments)
    case 'read':
      return fragments.read(call.arguments.sequences)
    case 'scan':
      return fragments.scan(call.arguments.after)
    case 'get':
      return index.get(call.arguments.key, nowMs)
    case 'put':
      return index.put(call.arguments.entries)
    case 'delete':
      return index.delete(call.arguments.keys)
    case 'entries':
      return index.entries(call.arguments.prefix, call.arguments.after, nowMs)
    case 'fileBytes':
      return tables.fileBytes()
  }
}
