import type { Meter } from '@opentelemetry/api'

import type { ReloadOutcome } from '../component/reload-outcome.ts'

/** A reload whose outcome is known. */
export interface Performed {
  readonly outcome: ReloadOutcome
  /** Settles when what was replaced is gone; the next reload waits for it. */
  readonly rest: Promise<void>
}

/** Reloads one after the other: however many ask during one, there is one more (RLD-04). */
export class Reloads {
  readonly #perform: () => Promise<Performed>
  #running: Promise<void> | undefined
  #next: Promise<ReloadOutcome> | undefined
  readonly #counts = { success: 0, failure: 0 }
  #lastSucceeded = true
  #count: (outcome: ReloadOutcome['outcome']) => void = () => undefined

  /** `perform` never rejects. */
  constructor(perform: () => Promise<Performed>) {
    this.#perform = perform
  }

  request(): Promise<ReloadOutcome> {
    if (this.#running === undefined) return this.#begin()
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      return this.#begin()
    })
    return this.#next
  }

  /** Resolves when no reload is under way and none is due. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  /** Shows the counts so far, and what comes, in the metrics of RLD-06. */
  measure(meter: Meter): void {
    const counter = meter.createCounter('otelcol_config_reloads', {
      description: 'Times the configuration was read again, by outcome.',
      unit: '{reload}',
    })
    for (const outcome of ['success', 'failure'] as const) counter.add(this.#counts[outcome], { outcome })
    this.#count = (outcome) => counter.add(1, { outcome })
    meter
      .createObservableGauge('otelcol_config_last_reload_successful', {
        description: 'Whether the configuration that was read last is the one that runs.',
      })
      .addCallback((result) => result.observe(this.#lastSucceeded ? 1 : 0))
  }

  async #endAfter(running: Promise<void>): Promise<void> {
    await running
    if (this.#running === running) this.#running = undefined
  }

  async #begin(): Promise<ReloadOutcome> {
    const performed = this.#perform()
    const running = performed.then(({ rest }) => rest)
    this.#running = running
    void this.#endAfter(running)
    const { outcome } = await performed
    this.#lastSucceeded = outcome.outcome === 'success'
    this.#counts[outcome.outcome]++
    this.#count(outcome.outcome)
    return outcome
  }
}
