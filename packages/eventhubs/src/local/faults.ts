import type { AmqpCondition } from './amqp/condition.ts'

/** What a link that a fault picks out is attached to; what is left out matches everything. */
export interface LinkFilter {
  readonly hub?: string
  readonly partition?: string
  /** `send`: clients that send; `receive`: clients that read. */
  readonly direction?: 'send' | 'receive'
}

/** How often a fault strikes; without `count` until `clear()`. */
export interface FaultTimes {
  readonly count?: number
}

/** Server busy, as the service tells a throttled client (eventhubs.md, section 7). */
export const serverBusy: AmqpCondition = {
  condition: 'com.microsoft:server-busy',
  description: 'The request was terminated because the namespace is being throttled. Error code : 50002.',
}

/** Faults on demand: what a service does on a bad day. */
export interface Faults {
  /** Answers sends with server busy, without storing them. */
  throttle(times?: FaultTimes): void
  /** Rejects sends with an error of choice, without storing them. */
  rejectSends(error: AmqpCondition, times?: FaultTimes): void
  /** Stores what is sent and answers only after `ms` milliseconds of the clock. */
  delayOutcomes(ms: number, times?: FaultTimes): void
  /** Stores what is sent, and breaks the connection instead of answering: the outcome is unknown. */
  loseOutcomes(times?: FaultTimes): void
  /** Answers put-token with a status, 401 unless given. */
  refuseTokens(times?: FaultTimes & { readonly status?: number; readonly description?: string }): void
  /** Answers `$management` requests with a status, 503 (server busy) unless given. */
  refuseManagement(times?: FaultTimes & { readonly status?: number; readonly error?: AmqpCondition }): void
  /** Refuses links to hubs with an error of choice. */
  refuseLinks(error: AmqpCondition, times?: FaultTimes & LinkFilter): void
  /** Detaches links that are open, `amqp:link:detach-forced` unless given; tells how many. */
  detachLinks(filter?: LinkFilter, error?: AmqpCondition): number
  /** Takes a partition from its readers, as a reader with a higher epoch does; tells how many it had. */
  stealOwnership(hub: string, partition: string, consumerGroup?: string): number
  /** Closes all connections politely, `amqp:connection:forced` unless given; tells how many. */
  closeConnections(error?: AmqpCondition): number
  /** Breaks all connections without a word; tells how many. */
  destroyConnections(): number
  /** Ends every fault that is still to strike. */
  clear(): void
}

/** A fault that waits for its cases. */
class Pending<T> {
  #left = 0
  #what: T | undefined

  arm(what: T, { count = Infinity }: FaultTimes = {}): void {
    this.#what = what
    this.#left = count
  }

  /** The fault, if it strikes now and `applies`. */
  take(applies: (what: T) => boolean = () => true): T | undefined {
    if (this.#left <= 0 || this.#what === undefined || !applies(this.#what)) return undefined
    this.#left -= 1
    return this.#what
  }

  clear(): void {
    this.#left = 0
  }
}

/** Faults that wait, asked by the parts of the server that they strike. */
export class PendingFaults {
  readonly sends: Pending<AmqpCondition> = new Pending()
  readonly outcomeDelays: Pending<number> = new Pending()
  readonly lostOutcomes: Pending<true> = new Pending()
  readonly tokens: Pending<{ readonly status: number; readonly description: string }> = new Pending()
  readonly management: Pending<{ readonly status: number; readonly error: AmqpCondition }> = new Pending()
  readonly links: Pending<{ readonly error: AmqpCondition; readonly filter: LinkFilter }> = new Pending()

  clear(): void {
    for (const one of [
      this.sends,
      this.outcomeDelays,
      this.lostOutcomes,
      this.tokens,
      this.management,
      this.links,
    ]) {
      one.clear()
    }
  }
}

/** Whether a filter picks out a link. */
export function isPicked(filter: LinkFilter, link: Required<LinkFilter>): boolean {
  return (
    (filter.hub === undefined || filter.hub.toLowerCase() === link.hub.toLowerCase()) &&
    (filter.partition === undefined || filter.partition === link.partition) &&
    (filter.direction === undefined || filter.direction === link.direction)
  )
}
