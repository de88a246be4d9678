import type { Clock } from '../clock/clock.ts'
import type { QueueRecord } from '../storage/storage.ts'
import type { Sizer } from './check-settings.ts'
import { decodeAttributes, type RecordAttributes } from './record-attributes.ts'

/** A stored request on its way out. */
export interface StoredEntry {
  readonly id: number
  readonly items: number
  /** In units of the queue's sizer. */
  readonly size: number
  /** Attempts that failed. */
  readonly attempts: number
  /** When the first attempt began, in milliseconds of `Clock.monotonic`; absent before it. */
  readonly startedAt?: number
  /** When the next attempt is due, in milliseconds of `Clock.monotonic`. */
  readonly dueAt: number
  /** Absent when they cannot be read. */
  readonly attributes?: RecordAttributes
  /** The body, as long as it is in memory. */
  readonly body?: Uint8Array | undefined
}

/**
 * A record as it was found in storage. Of a request that was attempted before, only its creation is known for sure,
 * so its `max_elapsed_time` counts from there.
 */
export function entryOf(record: QueueRecord, sizer: Sizer, clock: Clock): StoredEntry {
  const { id, items, createdMs, dueMs } = record
  const ageMs = clock.now() - createdMs
  const attributes = readable(record)
  const attempts = record.attempts + (attributes?.attempts ?? 0)
  return {
    id,
    items,
    size: sizeOfRecord(record, sizer),
    attempts,
    ...(attempts > 0 ? { startedAt: clock.monotonic() - Math.max(0, ageMs) } : {}),
    // A record from the future tells that the machine's clock was set back; its due time means nothing then.
    dueAt: ageMs < 0 ? 0 : clock.monotonic() + Math.max(0, dueMs - clock.now()),
    ...(attributes === undefined ? {} : { attributes }),
  }
}

/** Size of a stored request in units of the queue's sizer; its bytes are those on disk. */
export function sizeOfRecord({ items, bytes }: Pick<QueueRecord, 'items' | 'bytes'>, sizer: Sizer): number {
  if (sizer === 'requests') return 1
  return sizer === 'items' ? items : bytes
}

function readable({ attributes }: QueueRecord): RecordAttributes | undefined {
  try {
    return decodeAttributes(attributes)
  } catch {
    return undefined
  }
}
