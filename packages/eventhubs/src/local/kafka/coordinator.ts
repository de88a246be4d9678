import type { Clock } from '@spanloom/core'

import { ConsumerGroup } from './consumer-group.ts'

/** A committed offset. */
export interface CommittedOffset {
  readonly offset: number
  readonly metadata: string | null
}

/** Consumer groups that the service makes by itself. */
const maxGroups = 1000

/** The consumer groups of the endpoint, which are others than those of AMQP, and their offsets. */
export class Coordinator {
  readonly #clock: Clock
  readonly #groups = new Map<string, ConsumerGroup>()
  readonly #offsets = new Map<string, Map<string, CommittedOffset>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The group of a name; undefined when there are too many. */
  group(name: string): ConsumerGroup | undefined {
    const known = this.#groups.get(name)
    if (known !== undefined || this.#groups.size >= maxGroups) return known
    const group = new ConsumerGroup(this.#clock)
    this.#groups.set(name, group)
    return group
  }

  commit(group: string, topic: string, partition: number, offset: CommittedOffset): void {
    const offsets = this.#offsets.get(group) ?? new Map<string, CommittedOffset>()
    offsets.set(`${topic}/${partition}`, offset)
    this.#offsets.set(group, offsets)
  }

  committed(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#offsets.get(group)?.get(`${topic}/${partition}`)
  }

  close(): void {
    for (const group of this.#groups.values()) group.close()
  }
}
