import type { ComponentTelemetry } from '@spanloom/core'

type Meter = ComponentTelemetry['meter']
/** What a counter is labelled with. */
export type Labels = Readonly<Record<string, string>>

/**
 * Counts now and tells the counter once per turn of the event loop: at tens of thousands of commands a second telling
 * it of each would cost more than reading them.
 */
export class Tally {
  readonly #counter: ReturnType<Meter['createCounter']>
  readonly #common: Labels
  readonly #counts = new Map<string, { readonly labels: Labels; count: number }>()
  #due = false

  constructor(meter: Meter, name: string, description: string, unit: string, common: Labels) {
    this.#counter = meter.createCounter(name, { description, unit })
    this.#common = common
  }

  /** Makes the series exist before there is anything to count (TEL-11). */
  expect(labels: Labels = {}): void {
    this.#counter.add(0, { ...this.#common, ...labels })
  }

  /** `key` stands for `labels`, which are looked at once per turn only. */
  add(key: string, labels: (key: string) => Labels, count: number = 1): void {
    const known = this.#counts.get(key)
    if (known !== undefined) known.count += count
    else this.#counts.set(key, { labels: labels(key), count })
    if (this.#due) return
    this.#due = true
    setImmediate(() => this.flush())
  }

  flush(): void {
    this.#due = false
    for (const { labels, count } of this.#counts.values())
      this.#counter.add(count, { ...this.#common, ...labels })
    this.#counts.clear()
  }
}
