import type { LocalEventHubs } from '@spanloom/eventhubs/local'

/** A span that the events of the load become. */
export interface ExpectedSpan {
  readonly parent: boolean
  readonly failed: boolean
}

/** Events of a chain: an order with a step inside, each with a start and an end. */
const eventsPerChain = 4
/** Chains whose events share their messages. */
const chainsPerMessage = 10
const origin = Date.UTC(2026, 2, 1)

/** A load of Invictus events whose spans are known beforehand. */
export class FlowLoad {
  /** By trace id and name. */
  readonly expected: Map<string, ExpectedSpan> = new Map()
  readonly #hubs: LocalEventHubs
  readonly #hub: string
  readonly #partitions: number
  #next = 0
  #events = 0

  constructor(hubs: LocalEventHubs, hub: string) {
    this.#hubs = hubs
    this.#hub = hub
    this.#partitions = hubs.partitions(hub)
  }

  /** Events so far. */
  get events(): number {
    return this.#events
  }

  /**
   * Appends events of whole chains, `count` of them or a few more, in several messages: the beginnings of ten chains in
   * one, their middles in the next, and so on.
   */
  append(count: number): void {
    for (const end = this.#events + count; this.#events < end;) {
      const numbers = Array.from({ length: chainsPerMessage }, () => this.#next++)
      const partition = this.#next % this.#partitions
      const steps = numbers.map((number) => this.#chain(number))
      for (let step = 0; step < eventsPerChain; step++) {
        this.#hubs.append(this.#hub, partition, JSON.stringify(steps.map((events) => events[step])))
      }
      this.#events += chainsPerMessage * eventsPerChain
    }
  }

  #chain(number: number): readonly object[] {
    const chain = `c${number.toString(16).padStart(31, '0')}`
    const failed = number % 7 === 0
    this.expected.set(`${chain}/order`, { parent: false, failed: false })
    this.expected.set(`${chain}/deliver`, { parent: true, failed })
    const event = (at: number, step: object, more: object = {}): object => ({
      Time: new Date(origin + number * 10 + at).toISOString(),
      ChainId: chain,
      Step: step,
      ...more,
    })
    const [order, deliver] = [
      { Id: 'order', Name: 'order' },
      { Id: 'deliver', Name: 'deliver', ParentId: 'order' },
    ]
    return [
      event(0, { ...order, Status: 'Started' }, { Properties: { Data: { Number: number } } }),
      event(1, { ...deliver, Status: 'Started' }),
      event(
        2,
        { ...deliver, Status: failed ? 'Failed' : 'Completed' },
        failed ? { Error: { Code: 'E1' } } : {},
      ),
      event(3, { ...order, Status: 'Completed' }),
    ]
  }
}
