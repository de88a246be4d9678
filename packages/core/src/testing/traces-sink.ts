import type { ConsumeContext, TracesConsumer } from '../component/consumer.ts'
import type { Span } from '../traces/span.ts'
import type { Traces } from '../traces/traces.ts'

/** The last stage of a test's pipeline: records what it gets, refuses or holds back when told to. */
export class TracesSink implements TracesConsumer {
  readonly batches: Traces[] = []
  readonly contexts: ConsumeContext[] = []
  /** Calls so far, refused ones included. */
  calls = 0
  #refusal: unknown
  #gate: PromiseWithResolvers<void> | undefined
  #waiting: { readonly spans: number; readonly resolve: () => void }[] = []

  /** All spans taken so far, in order. */
  get spans(): readonly Span[] {
    return this.batches.flatMap((batch) => [...batch.spans()])
  }

  get spanCount(): number {
    return this.batches.reduce((sum, batch) => sum + batch.spanCount, 0)
  }

  /** Refuses everything with `error` from now on; `undefined` accepts again. */
  refuseWith(error: unknown): void {
    this.#refusal = error
  }

  /** Holds every call open until `release`. */
  block(): void {
    this.#gate ??= Promise.withResolvers<void>()
  }

  release(): void {
    this.#gate?.resolve()
    this.#gate = undefined
  }

  /** Resolves once `spans` spans were taken. */
  waitForSpans(spans: number): Promise<void> {
    if (this.spanCount >= spans) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ spans, resolve }))
  }

  async consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
    this.calls++
    await this.#gate?.promise
    if (this.#refusal !== undefined) throw this.#refusal
    this.batches.push(traces)
    this.contexts.push(context)
    const count = this.spanCount
    this.#waiting = this.#waiting.filter(({ spans, resolve }) => {
      if (count < spans) return true
      resolve()
      return false
    })
  }
}
