import { partitionOfKey } from '../../batching/key-hash.ts'
import { PartitionLog } from './partition-log.ts'

/** What a hub is made of. */
export interface HubOptions {
  readonly name: string
  /** Number of partitions. Default: 4. */
  readonly partitions?: number
  /** Consumer groups beside `$Default`, which every hub has. */
  readonly consumerGroups?: readonly string[]
  /** Events that a partition keeps; the oldest go first. Default: 1,000,000. */
  readonly retention?: number
}

/** An event hub: its partitions and the names of its consumer groups. */
export class Hub {
  readonly name: string
  readonly createdAt: number
  readonly partitions: readonly PartitionLog[]
  readonly consumerGroups: ReadonlySet<string>
  #roundRobin = 0

  /** `now` tells unix milliseconds. */
  constructor(options: HubOptions, now: () => number) {
    const { name, partitions = 4, consumerGroups = [], retention = 1_000_000 } = options
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$/.test(name)) {
      throw new RangeError(
        `"${name}" is no name of an event hub: letters, digits, ".", "_" and "-", up to 256, the first a letter or digit.`,
      )
    }
    if (!Number.isInteger(partitions) || partitions < 1 || partitions > 1024) {
      throw new RangeError(`The hub "${name}" needs 1 to 1024 partitions, not ${partitions}.`)
    }
    if (!Number.isInteger(retention) || retention < 1) {
      throw new RangeError(`The hub "${name}" has to keep at least 1 event in a partition, not ${retention}.`)
    }
    this.name = name
    this.createdAt = now()
    this.partitions = Array.from(
      { length: partitions },
      (_, id) => new PartitionLog(String(id), retention, now),
    )
    // The service compares names of consumer groups without regard to case.
    this.consumerGroups = new Set(['$Default', ...consumerGroups].map((group) => group.toLowerCase()))
  }

  partition(id: string): PartitionLog | undefined {
    return this.partitions.find((partition) => partition.id === id)
  }

  /** The partition that a batch goes to: by its key, without one each in turn. */
  choose(partitionKey: string | undefined): PartitionLog {
    const count = this.partitions.length
    const index =
      partitionKey === undefined ? this.#roundRobin++ % count : partitionOfKey(partitionKey, count)
    const partition = this.partitions[index]
    if (partition === undefined) throw new RangeError(`The hub "${this.name}" has no partition ${index}.`)
    return partition
  }
}

/** The hubs of a namespace by name; names are compared without regard to case, as at the service. */
export type Hubs = ReadonlyMap<string, Hub>

/** Makes the hubs. Throws RangeError when an option is out of range or a name comes twice. */
export function createHubs(options: readonly HubOptions[], now: () => number): Hubs {
  const hubs = new Map<string, Hub>()
  for (const one of options) {
    const key = one.name.toLowerCase()
    if (hubs.has(key)) throw new RangeError(`The hub "${one.name}" is named twice.`)
    hubs.set(key, new Hub(one, now))
  }
  return hubs
}
