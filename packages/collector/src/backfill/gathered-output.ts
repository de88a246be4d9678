import {
  type Component,
  type ConsumeContext,
  type ExporterFactory,
  Traces,
  type TracesConsumer,
} from '@spanloom/core'

/** So many spans are kept back at most. */
const mostSpans = 20_000

/**
 * Keeps back what exporters for people are to show, so that a trace is shown as a whole although its spans leave one
 * after the other. More than a person can read is shown as it comes.
 */
export class GatheredOutput {
  readonly #outputs: (() => Promise<void>)[] = []

  /** The factory, but its instances show nothing before {@link flush} or their shutdown. */
  gather(factory: ExporterFactory): ExporterFactory {
    return {
      ...factory,
      create: (options) => {
        const gathered = gatheredExporter(factory.create(options))
        this.#outputs.push(gathered.flush)
        return gathered.exporter
      },
    }
  }

  /** Shows everything that was kept back. */
  async flush(): Promise<void> {
    for (const flush of this.#outputs) await flush()
  }
}

type Exporter = Component & TracesConsumer

function gatheredExporter(inner: Exporter): {
  readonly exporter: Exporter
  readonly flush: () => Promise<void>
} {
  let kept: Traces[] = []
  let spans = 0
  const show = async (context: ConsumeContext): Promise<void> => {
    const all = Traces.concat(kept)
    kept = []
    spans = 0
    if (all.spanCount > 0) await inner.consumeTraces(all, context)
  }
  const flush = (): Promise<void> => show({ signal: new AbortController().signal })
  return {
    flush,
    exporter: {
      start: (host) => inner.start(host),
      async consumeTraces(traces, context) {
        kept.push(traces)
        spans += traces.spanCount
        if (spans > mostSpans) await show(context)
      },
      async shutdown(signal) {
        await flush()
        await inner.shutdown(signal)
      },
    },
  }
}
