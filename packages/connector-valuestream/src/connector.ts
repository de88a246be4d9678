import {
  type Component,
  type ConnectorFactory,
  type ConnectorOptions,
  type ConsumeContext,
  defineConnector,
  type Host,
  type Timer,
  type Traces,
  type TracesConsumer,
} from '@spanloom/core'

import { type ValueStreamConfig, valueStreamSchema } from './config.ts'
import { FactStorage } from './fact-storage.ts'
import type { Fact } from './fact.ts'
import { Facts } from './facts.ts'
import { type Measured, measure } from './figures.ts'
import { registerMetrics } from './metrics.ts'
import { readFact } from './read-fact.ts'
import { reportOf } from './report.ts'

/** How long computed figures serve when nothing new has come: only the window moves. */
const freshMs = 60_000

/** The running connector. */
export class ValueStream implements Component, TracesConsumer {
  readonly #options: ConnectorOptions<ValueStreamConfig>
  readonly #facts: Facts
  readonly #storage: FactStorage | undefined
  #measured: { readonly figures: Measured; readonly version: number; readonly at: number } | undefined
  #timer: Timer | undefined
  /** State of the facts of which the figures were logged last. */
  #reported: number = 0
  #stopped: boolean = false

  constructor(options: ConnectorOptions<ValueStreamConfig>) {
    const { config, id, telemetry } = options
    this.#options = options
    this.#facts = new Facts(config.max_items)
    if (config.storage !== undefined)
      this.#storage = new FactStorage(config.storage, { kind: 'connector', id })
    registerMetrics(telemetry, id, this.#facts, () => this.measure())
  }

  async start(host: Host): Promise<void> {
    if (this.#storage !== undefined) {
      const facts = await this.#storage.open(host)
      // Where `max_items` has become smaller, what is too much goes from the disk, too.
      for (const fact of facts) this.#add(fact, facts.length > this.#options.config.max_items)
      if (facts.length > 0)
        this.#options.telemetry.logger.info('The value stream goes on where it was.', { items: facts.length })
    }
    this.#schedule()
  }

  /**
   * Hands the spans on and then takes notice of them. What is refused comes again; a fact that comes twice is one.
   * With `storage`, resolves when what was learned is on disk.
   */
  async consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
    if (traces.spanCount === 0) return
    await this.#options.next.consumeTraces(traces, context)
    const { environment_attributes } = this.#options.config
    traces.forEach((span) => {
      const fact = readFact(span, environment_attributes)
      if (fact !== undefined) this.#add(fact, true)
    })
    await this.#storage?.write()
  }

  /** The figures of this moment. */
  measure(): Measured {
    const { config, clock } = this.#options
    const [now, { version }] = [clock.now(), this.#facts]
    const last = this.#measured
    if (last !== undefined && last.version === version && Math.abs(now - last.at) < freshMs)
      return last.figures
    const figures = measure(this.#facts, config, now)
    this.#measured = { figures, version, at: now }
    return figures
  }

  async shutdown(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#timer?.cancel()
    this.#report()
    try {
      await this.#storage?.write()
    } catch (error) {
      this.#options.telemetry.logger.error(
        'Some of what the value stream has learned could not be written.',
        {
          error,
        },
      )
    }
    await this.#storage?.close()
  }

  #add(fact: Fact, changesDisk: boolean): void {
    const change = this.#facts.add(fact)
    if (!changesDisk) return
    this.#storage?.note(change)
  }

  #schedule(): void {
    const { config, clock } = this.#options
    if (config.report_interval === 0 || this.#stopped) return
    this.#timer = clock.schedule(config.report_interval, () => {
      this.#report()
      this.#schedule()
    })
  }

  #report(): void {
    const { config, telemetry } = this.#options
    if (config.report_interval === 0 || this.#facts.version === this.#reported) return
    this.#reported = this.#facts.version
    const { all, repositories } = this.measure()
    telemetry.logger.info('The value stream.', reportOf(all))
    for (const [repository, figures] of repositories)
      telemetry.logger.info('The value stream of a repository.', { repository, ...reportOf(figures) })
  }
}

/** Measures how changes get to production, and hands all spans on. */
export const valueStreamConnector: ConnectorFactory<ValueStream> = defineConnector({
  type: 'value_stream',
  stability: 'beta',
  description:
    'Measures deployment frequency, lead time, change failure rate, time to restore and rework rate; hands all spans on.',
  schema: valueStreamSchema,
  create: (options) => new ValueStream(options),
})
