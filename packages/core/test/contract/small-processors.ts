import type { Component } from '../../src/component/component.ts'
import type { ConsumeContext, TracesConsumer } from '../../src/component/consumer.ts'
import { defineProcessor, type ProcessorFactory } from '../../src/component/define.ts'
import type { ProcessorOptions } from '../../src/component/options.ts'
import { Traces } from '../../src/traces/traces.ts'

const schema = {
  type: 'object',
  properties: { key: { type: 'string', default: 'marked' }, salt: { type: 'string', secret: true } },
  additionalProperties: false,
} as const

type Options = ProcessorOptions<{ readonly key: string; readonly salt?: string | undefined }>
type Stage = Component & TracesConsumer

/** A small processor that is right in every respect: drops failed spans and marks the others. */
export class MarkingProcessor implements Stage {
  protected readonly options: Options

  constructor(options: Options) {
    this.options = options
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(_signal: AbortSignal): Promise<void> {
    return Promise.resolve()
  }

  change(traces: Traces): Traces {
    return traces.map((span) =>
      span.status.code === 'ERROR'
        ? undefined
        : span.with({ attributes: { [this.options.config.key]: true } }),
    )
  }

  async consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
    const changed = this.change(traces)
    if (changed.spanCount > 0) await this.options.next.consumeTraces(changed, context)
    if (traces.spanCount > changed.spanCount)
      this.options.telemetry.accounting.dropped(traces.spanCount - changed.spanCount, 'failed')
  }
}

/** A small processor that collects spans for a second, right in every respect. */
export class CollectingProcessor implements Stage {
  protected readonly options: Options
  held: Traces[] = []
  #timer: { cancel(): void } | undefined
  #sending: Promise<void> = Promise.resolve()

  constructor(options: Options) {
    this.options = options
    options.telemetry.accounting.held(() => this.count())
  }

  count(): number {
    return this.held.reduce((sum, { spanCount }) => sum + spanCount, 0)
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  async consumeTraces(traces: Traces): Promise<void> {
    if (traces.spanCount === 0) return
    this.held.push(traces)
    this.#timer ??= this.options.clock.schedule(1_000, () => (this.#sending = this.flush()))
  }

  async flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const batch = Traces.concat(this.held)
    this.held = []
    if (batch.spanCount === 0) return
    try {
      await this.options.next.consumeTraces(batch, { signal: new AbortController().signal })
    } catch {
      this.drop(batch.spanCount)
    }
  }

  drop(count: number): void {
    this.options.telemetry.accounting.dropped(count, 'refused')
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    const flushed = Promise.all([this.#sending, this.flush()])
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([flushed, aborted])
  }
}

/** A factory for a processor class. */
export function processorFactory(Processor: new (options: Options) => Stage): ProcessorFactory {
  return defineProcessor({
    type: 'marking',
    stability: 'development',
    schema,
    create: (options) => new Processor(options),
  })
}
