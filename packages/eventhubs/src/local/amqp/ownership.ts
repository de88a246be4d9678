import { type AmqpCondition, condition } from './condition.ts'

/** A link that reads a partition for a consumer group. */
export interface PartitionReader {
  /** Owner level; undefined reads without one. */
  readonly epoch: number | undefined
  /** Ends the reader's link with an error. */
  detach(error: AmqpCondition): void
}

/** Readers without an epoch that a consumer group may have on one partition. */
const maxSharedReaders = 5

/** Who reads which partition for which consumer group, and who must give way (eventhubs.md 3.5). */
export class Ownership {
  readonly #readers = new Map<string, Set<PartitionReader>>()

  /** Lets a reader in and detaches those it supersedes; otherwise tells why it is refused. */
  admit(hub: string, group: string, partition: string, reader: PartitionReader): AmqpCondition | undefined {
    const key = keyOf(hub, group, partition)
    const readers = this.#readers.get(key) ?? new Set()
    const highest = Math.max(...[...readers].map(({ epoch }) => epoch ?? -Infinity))
    const { epoch } = reader
    if (epoch === undefined) {
      if (highest > -Infinity) {
        return condition.stolen(
          `A receiver with epoch '${highest}' is there, so one without an epoch is not allowed. Reconnect with a higher epoch, or see that all receivers are closed.`,
        )
      }
      if (readers.size >= maxSharedReaders) return condition.readersExceeded(key)
    } else if (highest > epoch) {
      return condition.stolen(
        `A receiver with the higher epoch '${highest}' is there, so epoch '${epoch}' is refused.`,
      )
    } else {
      this.#supersede(readers)
    }
    readers.add(reader)
    this.#readers.set(key, readers)
    return undefined
  }

  /** Forgets a reader whose link is gone. */
  leave(hub: string, group: string, partition: string, reader: PartitionReader): void {
    const key = keyOf(hub, group, partition)
    const readers = this.#readers.get(key)
    readers?.delete(reader)
    if (readers?.size === 0) this.#readers.delete(key)
  }

  /** Detaches all readers of a partition; tells how many there were. */
  steal(hub: string, group: string, partition: string): number {
    const readers = this.#readers.get(keyOf(hub, group, partition))
    const count = readers?.size ?? 0
    if (readers !== undefined) this.#supersede(readers)
    return count
  }

  #supersede(readers: Set<PartitionReader>): void {
    for (const old of readers) {
      readers.delete(old)
      old.detach(
        condition.stolen(
          'Another receiver took the partition with an epoch that is not lower, so this one is disconnected.',
        ),
      )
    }
  }
}

function keyOf(hub: string, group: string, partition: string): string {
  return `${hub}/${group}/${partition}`.toLowerCase()
}
