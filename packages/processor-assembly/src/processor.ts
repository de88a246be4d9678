import {
  type Component,
  type ConsumeContext,
  defineProcessor,
  type Host,
  messageOf,
  type ProcessorFactory,
  type ProcessorOptions,
  RetryableError,
  ShutdownError,
  StartError,
  type Timer,
  Traces,
  type TracesConsumer,
} from '@spanloom/core'

import { Assembler } from './assembler.ts'
import { profileOverrides, type SpanAssemblyConfig, spanAssemblySchema } from './config.ts'
import type { Counters } from './counters.ts'
import type { RestoredSpans } from './durable/restoration.ts'
import { SpanStorage } from './durable/span-storage.ts'
import { Outbox } from './emission/outbox.ts'
import type { Fragment } from './fragment/fragment.ts'
import { sift } from './intake/sift.ts'
import { WaitingLine } from './intake/waiting-line.ts'
import { registerMetrics } from './metrics.ts'
import { Profiles } from './profile.ts'
import { MemoryStore } from './store/memory-store.ts'
import type { MaybePromise } from './store/store.ts'

/** So many keys leave in one turn of the event loop. */
const keysPerTurn = 512

/** The running processor. */
export class SpanAssembly implements Component, TracesConsumer {
  readonly #options: ProcessorOptions<SpanAssemblyConfig>
  readonly #assembler: Assembler
  readonly #outbox: Outbox
  readonly #storage: SpanStorage | undefined
  readonly #line: WaitingLine
  #timer: { readonly timer: Timer; readonly due: number } | undefined
  /** The end of what is being done with the assembler, which does one thing after the other. */
  #busy: Promise<void> | undefined
  #stopped: Promise<void> | undefined
  /** Whether what is held has been left to the storage. */
  #isKept: boolean = false

  constructor(options: ProcessorOptions<SpanAssemblyConfig>) {
    const { config, clock, telemetry, next, profiles, id } = options
    this.#options = options
    this.#outbox = new Outbox({
      next,
      clock,
      telemetry,
      onRoom: () => this.#arm(),
      onTaken: (batch) => this.#storage?.store.taken(batch),
      onRefused: () => this.#storage?.store.refused(),
    })
    this.#storage = storageOf(options, this.#outbox)
    this.#line = new WaitingLine(async (fragments) => this.#take(fragments))
    this.#assembler = new Assembler({
      profiles: new Profiles(profiles, profileOverrides(config.profiles)),
      store: this.#storage?.store ?? new MemoryStore(),
      clock,
      logger: telemetry.logger,
      accounting: telemetry.accounting,
      maxOpen: config.max_open,
      maxTombstones: config.max_tombstones,
      output: (span) => this.#outbox.push(span),
    })
    telemetry.accounting.held(() => (this.#isKept ? 0 : this.#assembler.held + this.#outbox.size))
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

  async start(host: Host): Promise<void> {
    if (this.#storage === undefined) return
    const fragments = await this.#storage.open(host)
    const { logger, accounting } = this.#options.telemetry
    try {
      const { waiting, unreadable } = await this.#assembler.restore(this.#storage.store, fragments)
      const records = unreadable + this.#offerAgain(waiting)
      if (records > 0) logger.warn('Some of the stored open spans cannot be read.', { records })
    } catch (error) {
      await this.#storage.close().catch(() => undefined)
      throw new StartError('STORAGE_FAILED', `the open spans cannot be read: ${messageOf(error)}`, {
        cause: error,
      })
    }
    const { held, openKeys, rememberedKeys } = this.#assembler
    const { size: spans } = this.#outbox
    accounting.created(spans)
    if (openKeys + rememberedKeys + spans > 0) {
      logger.info('Open spans were found in the storage.', {
        open: openKeys,
        fragments: held,
        remembered: rememberedKeys,
        waiting: spans,
      })
    }
    this.#arm()
    void this.#outbox.offered()
  }

  /** Takes up spans that had left; answers how many records of them cannot be read. */
  #offerAgain(waiting: readonly RestoredSpans[]): number {
    let unreadable = 0
    for (const { traces, sequence } of waiting) {
      try {
        this.#outbox.restore(Traces.fromProtobuf(traces), sequence)
      } catch {
        unreadable++
      }
    }
    return unreadable
  }

  async consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
    if (this.#stopped !== undefined) throw new ShutdownError()
    if (traces.spanCount === 0) return
    const { passing, fragments } = sift(traces, this.#assembler)
    if (fragments.length > 0 && this.#outbox.isFull) await this.#demandRoom()
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
    if (this.#storage !== undefined) return this.#keep(this.#storage, signal)
    await this.#alone(async () => {
      let steps = 0
      for (const step of this.#assembler.drain('shutdown')) {
        if (step !== undefined) await step
        if (this.#outbox.isFull) await this.#outbox.room(signal)
        // Only a loop that goes on can tell that the time is over.
        if (++steps % keysPerTurn === 0) await nextTurn()
        if (signal.aborted) break
      }
      this.#assembler.abandon()
    })
    await this.#outbox.drain(signal)
  }

  /** Everything stays on disk, and nothing leaves that has not left already. */
  async #keep(storage: SpanStorage, signal: AbortSignal): Promise<void> {
    const { accounting, logger } = this.#options.telemetry
    const { promise: timeIsUp, resolve } = Promise.withResolvers<void>()
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
    await Promise.race([this.#busy, timeIsUp])
    await this.#outbox.leave(signal)
    accounting.kept?.(this.#assembler.held + this.#outbox.size)
    this.#isKept = true
    try {
      await Promise.race([storage.close(), timeIsUp])
    } catch (error) {
      logger.error(
        'The open spans could not be written once more; some may leave again after the next start.',
        {
          error,
        },
      )
    }
  }

  async #hold(fragments: readonly Fragment[]): Promise<void> {
    const { late } = this.#assembler.counters
    // Those who find the assembler busy wait together.
    const taken = this.#busy === undefined ? this.#take(() => fragments) : this.#line.join(fragments)
    if (taken !== undefined) await taken
    this.#arm()
    const offered = this.#outbox.offered()
    if (this.#assembler.counters.late > late) await offered
  }

  #take(fragments: () => readonly Fragment[]): MaybePromise<void> {
    return this.#alone(() => {
      if (this.#stopped !== undefined) throw new ShutdownError()
      return this.#assembler.add(fragments(), this.#enough())
    })
  }

  /** Fragments are only taken while spans can leave. */
  async #demandRoom(): Promise<void> {
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

/** Lets the event loop do something else. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function storageOf(
  { config, clock, id, pipeline }: ProcessorOptions<SpanAssemblyConfig>,
  waiting: Outbox,
): SpanStorage | undefined {
  const { storage: extension } = config
  if (extension === undefined) return undefined
  const owner = { kind: 'processor', id, ...(pipeline === undefined ? {} : { pipeline }) } as const
  return new SpanStorage({ extension, owner, clock, waiting })
}

/** Makes spans of fragments: `assembly.md`. */
export const spanAssemblyProcessor: ProcessorFactory<SpanAssembly> = defineProcessor({
  type: 'span_assembly',
  stability: 'beta',
  description: 'Assembles spans from their start, update and end fragments.',
  schema: spanAssemblySchema,
  create: (options) => new SpanAssembly(options),
})
