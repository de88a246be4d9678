import {
  type Component,
  type ConsumeContext,
  defineProcessor,
  type ProcessorFactory,
  type ProcessorOptions,
  RetryableError,
  ShutdownError,
  type Timer,
  type Traces,
  type TracesConsumer,
} from '@spanloom/core'

import { Assembler } from './assembler.ts'
import { profileOverrides, type SpanAssemblyConfig, spanAssemblySchema } from './config.ts'
import type { Counters } from './counters.ts'
import type { Fragment } from './fragment.ts'
import { MemoryStore } from './memory-store.ts'
import { registerMetrics } from './metrics.ts'
import { Outbox } from './outbox.ts'
import { Profiles } from './profile.ts'
import { sift } from './sift.ts'
import type { MaybePromise } from './store.ts'

/** So many keys leave in one turn of the event loop. */
const keysPerTurn = 4_096

/** The running processor. */
export class SpanAssembly implements Component, TracesConsumer {
  readonly #options: ProcessorOptions<SpanAssemblyConfig>
  readonly #assembler: Assembler
  readonly #outbox: Outbox
  #timer: { readonly timer: Timer; readonly due: number } | undefined
  /** The end of what is being done with the assembler, which does one thing after the other. */
  #busy: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  constructor(options: ProcessorOptions<SpanAssemblyConfig>) {
    const { config, clock, telemetry, next, profiles, id } = options
    this.#options = options
    this.#outbox = new Outbox({ next, clock, telemetry, onRoom: () => this.#arm() })
    this.#assembler = new Assembler({
      profiles: new Profiles(profiles, profileOverrides(config.profiles)),
      store: new MemoryStore(),
      clock,
      logger: telemetry.logger,
      accounting: telemetry.accounting,
      maxOpen: config.max_open,
      maxTombstones: config.max_tombstones,
      output: (span) => this.#outbox.push(span),
    })
    telemetry.accounting.held(() => this.#assembler.held + this.#outbox.size)
    registerMetrics(telemetry.meter, id, this.#assembler, this.#outbox)
  }

  /** What became of the fragments so far. */
  get counters(): Counters {
    return this.#assembler.counters
  }

  /** Fragments that are held. */
  get held(): number {
    return this.#assembler.held
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  async consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
    if (this.#stopped !== undefined) throw new ShutdownError()
    if (traces.spanCount === 0) return
    const { passing, fragments } = sift(traces, this.#assembler)
    if (fragments.length > 0) await this.#demandRoom()
    if (passing !== undefined) {
      await this.#options.next.consumeTraces(passing, context)
      this.#assembler.passed(passing.spanCount)
    }
    if (fragments.length > 0) await this.#hold(fragments)
  }

  /** Closed world (`assembly.md` section 7): all timers expire at once, everything known is assembled. */
  async flush(): Promise<void> {
    await this.#alone(async () => {
      for (const step of this.#assembler.drain('all')) if (step !== undefined) await step
    })
    this.#arm()
    await this.#outbox.offered()
  }

  shutdown(signal: AbortSignal): Promise<void> {
    return (this.#stopped ??= this.#stop(signal))
  }

  async #stop(signal: AbortSignal): Promise<void> {
    this.#timer?.timer.cancel()
    this.#timer = undefined
    await this.#alone(async () => {
      for (const step of this.#assembler.drain('shutdown')) {
        if (step !== undefined) await step
        if (this.#outbox.isFull) await this.#outbox.room(signal)
        if (signal.aborted) break
      }
      this.#assembler.abandon()
    })
    await this.#outbox.drain(signal)
  }

  async #hold(fragments: readonly Fragment[]): Promise<void> {
    const { late } = this.#assembler.counters
    await this.#alone(() => {
      if (this.#stopped !== undefined) throw new ShutdownError()
      return this.#assembler.add(fragments, this.#enough())
    })
    this.#arm()
    const offered = this.#outbox.offered()
    if (this.#assembler.counters.late > late) await offered
  }

  /** Fragments are only taken while spans can leave. */
  async #demandRoom(): Promise<void> {
    if (!this.#outbox.isFull) return
    await this.#outbox.offered()
    if (!this.#outbox.isFull) return
    throw new RetryableError(
      'OUTPUT_BLOCKED',
      'The next stage does not take the spans that were assembled.',
      {
        retryAfterMs: Math.max(1, Math.ceil(this.#outbox.retryInMs)),
        grpcStatus: 14,
      },
    )
  }

  /** Says when enough keys have left for one turn of the event loop. */
  #enough(): () => boolean {
    let left = keysPerTurn
    return () => left-- <= 0 || this.#outbox.isFull
  }

  /** Sets the timer to when the next key is due. */
  #arm(): void {
    const due = this.#assembler.nextDue
    if (this.#stopped !== undefined || this.#outbox.isFull) return
    if (this.#timer !== undefined && this.#timer.due <= due) return
    this.#timer?.timer.cancel()
    this.#timer = undefined
    if (due === Number.POSITIVE_INFINITY) return
    const { clock } = this.#options
    const timer = clock.schedule(Math.max(0, due - clock.monotonic()), () => void this.#tick())
    this.#timer = { timer, due }
  }

  async #tick(): Promise<void> {
    this.#timer = undefined
    try {
      await this.#alone(() => this.#assembler.settleDue(this.#enough()))
    } catch (error) {
      this.#options.telemetry.logger.error('Spans that are due could not be assembled.', { error })
    }
    void this.#outbox.offered()
    this.#arm()
  }

  /** Does one thing with the assembler after the other; at once when nothing else is being done. */
  #alone(work: () => MaybePromise<void>): MaybePromise<void> {
    const before = this.#busy
    const done = before === undefined ? work() : before.then(work)
    if (!(done instanceof Promise)) return undefined
    const busy = done
      .catch(() => undefined)
      .finally(() => {
        if (this.#busy === busy) this.#busy = undefined
      })
    this.#busy = busy
    return done
  }
}

/** Makes spans of fragments: `assembly.md`. */
export const spanAssemblyProcessor: ProcessorFactory<SpanAssembly> = defineProcessor({
  type: 'span_assembly',
  stability: 'beta',
  description: 'Assembles spans from their start, update and end fragments.',
  schema: spanAssemblySchema,
  create: (options) => new SpanAssembly(options),
})
