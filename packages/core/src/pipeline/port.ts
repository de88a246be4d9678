import type { ConsumeContext, TracesConsumer } from '../component/consumer.ts'
import { RetryableError } from '../errors/errors.ts'
import type { Boundary } from '../tap/boundary.ts'
import type { Traces } from '../traces/traces.ts'

/** The way into one instance, with the calls that are inside. */
export class Entry {
  readonly #stage: TracesConsumer
  readonly #boundary: Boundary | undefined
  #calls = 0
  #idle: PromiseWithResolvers<void> | undefined

  /** What comes in passes `boundary`, where it may be watched. */
  constructor(stage: TracesConsumer, boundary?: Boundary) {
    this.#stage = stage
    this.#boundary = boundary
  }

  async take(traces: Traces, context: ConsumeContext): Promise<void> {
    this.#calls++
    this.#boundary?.pass(traces)
    try {
      await this.#stage.consumeTraces(traces, context)
    } finally {
      this.#calls--
      if (this.#calls === 0) this.#idle?.resolve()
    }
  }

  /** Resolves once no call is inside; nobody may be let in meanwhile. */
  idle(): Promise<void> {
    if (this.#calls === 0) return Promise.resolve()
    this.#idle ??= Promise.withResolvers()
    return this.#idle.promise
  }
}

/**
 * Where the data of one node of the graph comes in. It stays when a reload puts one instance in the place of
 * another, so that what comes before needs not know; and while it is closed, calls wait.
 */
export class Port implements TracesConsumer {
  #entry: Entry | undefined
  #gate: PromiseWithResolvers<void> | undefined

  /** Leads calls into `entry` from now on; those under way end where they are. `undefined` refuses them. */
  use(entry: Entry | undefined): void {
    this.#entry = entry
  }

  /** Lets calls wait. */
  close(): void {
    this.#gate ??= Promise.withResolvers()
  }

  /** Lets them in. */
  open(): void {
    this.#gate?.resolve()
    this.#gate = undefined
  }

  consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
    const entry = this.#entry
    return this.#gate === undefined && entry !== undefined
      ? entry.take(traces, context)
      : this.#consumeLater(traces, context)
  }

  async #consumeLater(traces: Traces, context: ConsumeContext): Promise<void> {
    for (let gate = this.#gate; gate !== undefined; gate = this.#gate) {
      await opened(gate.promise, context.signal)
    }
    if (this.#entry === undefined) {
      throw new RetryableError('STAGE_MISSING', 'The next stage of the pipeline does not run.')
    }
    return this.#entry.take(traces, context)
  }
}

/** Waits until the gate opens. A caller that no longer waits takes its data back. */
async function opened(gate: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: over, reject } = Promise.withResolvers<never>()
  const giveUp = (): void =>
    reject(new RetryableError('STAGE_CHANGING', 'The next stage of the pipeline is being exchanged.'))
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    await Promise.race([gate, over])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
