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
  type TracesConsumer,
} from '@spanloom/core'
import { type Span, Traces } from '@spanloom/core/traces'

import { companionOf, DepartedConsumers } from './companion.ts'
import { type CloudEventsConfig, cloudEventsSchema } from './config.ts'
import { bestContext, ContextStore } from './context-store.ts'
import { Disk, type KnownEvent } from './disk.ts'
import { mayTellOfEvents } from './event-facts.ts'
import { linkTo } from './links.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { Outbox } from './outbox.ts'
import { Tally, type Unlinked } from './tally.ts'
import { WaitingRoom, type WaitingSpan } from './waiting-room.ts'
import { Weaver } from './weaver.ts'

/** Bytes of spans that wait at most. */
const maxHeldBytes = 64 * 1024 * 1024

/** A consumer span of a batch that is going to wait. */
interface Candidate {
  readonly key: string
  readonly span: Span
}

/** The running processor. */
export class CloudEventsProcessor implements Component, TracesConsumer {
  readonly #options: ProcessorOptions<CloudEventsConfig>
  readonly #store: ContextStore
  readonly #weaver: Weaver
  readonly #waiting = new WaitingRoom()
  readonly #departed: DepartedConsumers | undefined
  readonly #outbox: Outbox
  readonly #disk: Disk | undefined
  readonly #metrics: Metrics
  #timer: { readonly timer: Timer; readonly dueMs: number } | undefined
  #stopped: Promise<void> | undefined
  /** Whether what is held has been left to the storage. */
  #isKept: boolean = false

  constructor(options: ProcessorOptions<CloudEventsConfig>) {
    const { config, clock, telemetry, next, id } = options
    this.#options = options
    this.#disk = diskOf(options)
    this.#store = new ContextStore({
      ttlMs: config.ttl,
      maxEntries: config.max_store_entries,
      onEvicted: (key) => {
        this.#metrics.evicted()
        this.#disk?.forget(key)
      },
    })
    this.#weaver = new Weaver(config, this.#store)
    if (config.late_link === 'companion') {
      this.#departed = new DepartedConsumers(config.ttl, config.max_held_spans)
    }
    this.#outbox = new Outbox({ next, clock, telemetry, onTaken: (records) => this.#disk?.remove(records) })
    this.#metrics = createMetrics(id, telemetry, {
      storeEntries: () => this.#store.size,
      heldSpans: () => this.#waiting.size,
    })
    telemetry.accounting.held(() => (this.#isKept ? 0 : this.#waiting.size + this.#outbox.size))
  }

  async start(host: Host): Promise<void> {
    if (this.#disk === undefined) return
    const { telemetry, clock } = this.#options
    try {
      const { events, waiting, unreadable } = await this.#disk.open(host)
      for (const { key, contexts } of events) this.#store.restore(key, contexts)
      const nowMs = clock.monotonic()
      const tally = new Tally()
      for (const one of waiting) this.#settle(one, nowMs, tally)
      this.#metrics.count(tally)
      telemetry.accounting.created(waiting.length)
      if (unreadable > 0) {
        telemetry.logger.warn('Some of what was stored of events cannot be read.', { records: unreadable })
      }
      if (events.length + waiting.length > 0) {
        telemetry.logger.info('Held spans and known producers were found in the storage.', {
          held: waiting.length,
          events: events.length,
        })
      }
    } catch (error) {
      await this.#disk.close().catch(() => undefined)
      if (error instanceof StartError) throw error
      throw new StartError(
        'STORAGE_FAILED',
        `what was stored of events cannot be read: ${messageOf(error)}`,
        {
          cause: error,
        },
      )
    }
    this.#arm()
    void this.#outbox.offered()
  }

  async consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
    if (this.#stopped !== undefined) throw new ShutdownError()
    if (traces.spanCount === 0) return
    const { next, clock } = this.#options
    if (!mayTellOfEvents(traces)) return next.consumeTraces(traces, context)
    await this.#demandRoom()
    const nowMs = clock.monotonic()
    this.#releaseDue(nowMs)
    this.#store.sweep(nowMs)
    const tally = new Tally()
    const candidates: Candidate[] = []
    const produced: KnownEvent[] = []
    const passing = traces.map((span) => {
      const { span: woven, waitsFor: key, produced: made } = this.#weaver.weave(span, nowMs, tally)
      if (made !== undefined) {
        produced.push({ key: made.key, contexts: this.#store.record(made.key, made.context) })
      }
      if (key === undefined) return woven
      candidates.push({ key, span: woven })
      return undefined
    })
    await this.#passOn(passing, context, { candidates, produced, tally })
  }

  shutdown(signal: AbortSignal): Promise<void> {
    return (this.#stopped ??= this.#stop(signal))
  }

  /** Hands on what need not wait, and only then counts and holds the rest: a batch that is refused comes again. */
  async #passOn(
    passing: Traces,
    context: ConsumeContext,
    batch: {
      readonly candidates: readonly Candidate[]
      readonly produced: readonly KnownEvent[]
      readonly tally: Tally
    },
  ): Promise<void> {
    const { config, clock, next } = this.#options
    const dueMs = clock.monotonic() + config.hold
    // Alone: a copy of its bytes, so that one span does not keep the whole batch in memory.
    const waiting = batch.candidates.map(({ key, span }) => ({ key, span: alone(span), dueMs }))
    const records = await this.#write(waiting, batch.produced)
    for (const { key } of batch.produced) this.#producerSeen(key)
    try {
      if (passing.spanCount > 0) await next.consumeTraces(passing, context)
    } catch (error) {
      this.#disk?.remove(records)
      throw error
    }
    const nowMs = clock.monotonic()
    for (const [index, one] of waiting.entries()) {
      this.#settle({ ...one, record: records[index] ?? 0 }, nowMs, batch.tally)
    }
    this.#metrics.count(batch.tally)
    this.#arm()
    void this.#outbox.offered()
  }

  /** On disk before anything is acknowledged. */
  async #write(
    waiting: readonly Omit<WaitingSpan, 'record'>[],
    produced: readonly KnownEvent[],
  ): Promise<readonly number[]> {
    if (this.#disk === undefined) return []
    const [records] = await Promise.all([
      waiting.length > 0 ? this.#disk.keep(waiting) : [],
      produced.length > 0 ? this.#disk.remember(produced) : undefined,
    ])
    return records
  }

  /** Lets go all that waited for the producer of an event. */
  #producerSeen(key: string): void {
    const nowMs = this.#options.clock.monotonic()
    const tally = new Tally()
    for (const one of this.#waiting.release(key)) {
      if (!this.#leave(one, nowMs, tally)) this.#leaveUnlinked(one, 'timeout', nowMs)
    }
    for (const consumer of this.#departed?.take(key, nowMs) ?? []) {
      const context = bestContext(this.#store.find(key, nowMs), consumer.startTimeUnixNano)
      if (context === undefined) continue
      this.#outbox.push({ span: companionOf(consumer, linkTo(context, 'store')), record: 0 })
      this.#options.telemetry.accounting.created(1)
      tally.links.store++
    }
    this.#metrics.count(tally)
  }

  /** Links a span whose producer has come in the meantime; any other one waits. */
  #settle(one: WaitingSpan, nowMs: number, tally: Tally): void {
    if (this.#store.find(one.key, nowMs).length > 0 && this.#leave(one, nowMs, tally)) return
    const { max_held_spans: maxSpans } = this.#options.config
    this.#waiting.add(one)
    while (this.#waiting.size > maxSpans || this.#waiting.bytes > maxHeldBytes) {
      const oldest = this.#waiting.releaseOldest()
      if (oldest === undefined) return
      this.#leaveUnlinked(oldest, 'capacity', nowMs)
    }
  }

  /** Whether the span could be linked, and is on its way out. */
  #leave({ key, span, record }: WaitingSpan, nowMs: number, tally: Tally): boolean {
    const linked = this.#weaver.linked(span, key, nowMs)
    if (linked === undefined) return false
    if (linked !== span) tally.links.store++
    this.#outbox.push({ span: linked, record })
    return true
  }

  #leaveUnlinked(one: WaitingSpan, reason: Unlinked, nowMs: number): void {
    this.#metrics.unlinked(1, reason)
    this.#departed?.add(one, nowMs)
    this.#outbox.push(one)
  }

  #releaseDue(nowMs: number): void {
    while (this.#waiting.nextDueMs <= nowMs) {
      const oldest = this.#waiting.releaseOldest()
      if (oldest !== undefined) this.#leaveUnlinked(oldest, 'timeout', nowMs)
    }
  }

  async #demandRoom(): Promise<void> {
    if (!this.#outbox.isFull) return
    await this.#outbox.offered()
    if (!this.#outbox.isFull) return
    throw new RetryableError('OUTPUT_BLOCKED', 'The next stage does not take the spans that were held.', {
      retryAfterMs: Math.max(1, Math.ceil(this.#outbox.retryInMs)),
      grpcStatus: 14,
    })
  }

  /** Sets the timer to when the next span has waited long enough. */
  #arm(): void {
    const dueMs = this.#waiting.nextDueMs
    if (this.#stopped !== undefined || (this.#timer !== undefined && this.#timer.dueMs <= dueMs)) return
    this.#timer?.timer.cancel()
    this.#timer = undefined
    if (dueMs === Number.POSITIVE_INFINITY) return
    const { clock } = this.#options
    const timer = clock.schedule(Math.max(0, dueMs - clock.monotonic()), () => {
      this.#timer = undefined
      this.#releaseDue(clock.monotonic())
      this.#arm()
      void this.#outbox.offered()
    })
    this.#timer = { timer, dueMs }
  }

  async #stop(signal: AbortSignal): Promise<void> {
    this.#timer?.timer.cancel()
    this.#timer = undefined
    if (this.#disk !== undefined) return this.#keep(this.#disk, signal)
    const nowMs = this.#options.clock.monotonic()
    for (let one = this.#waiting.releaseOldest(); one !== undefined; one = this.#waiting.releaseOldest()) {
      this.#leaveUnlinked(one, 'shutdown', nowMs)
    }
    await this.#outbox.drain(signal)
  }

  /** Everything stays on disk, and nothing leaves that was not on its way already. */
  async #keep(disk: Disk, signal: AbortSignal): Promise<void> {
    await this.#outbox.leave(signal)
    const { accounting, logger } = this.#options.telemetry
    accounting.kept?.(this.#waiting.size + this.#outbox.size)
    this.#isKept = true
    try {
      await disk.close()
    } catch (error) {
      logger.error('The storage of held spans could not be closed.', { error })
    }
  }
}

/** The span with bytes of its own. */
function alone(span: Span): Span {
  const [own] = Traces.trusted(Traces.of([span]).toProtobuf()).spans()
  return own ?? span
}

function diskOf({ config, clock, id, pipeline }: ProcessorOptions<CloudEventsConfig>): Disk | undefined {
  const { storage: extension, ttl: ttlMs } = config
  if (extension === undefined) return undefined
  const owner = { kind: 'processor', id, ...(pipeline === undefined ? {} : { pipeline }) } as const
  return new Disk({ extension, owner, clock, ttlMs })
}

/** Links spans that process events with the spans that made them (`cloudevents.md` section 9). */
export const cloudEventsProcessor: ProcessorFactory<CloudEventsProcessor> = defineProcessor({
  type: 'cloudevents',
  stability: 'beta',
  description: 'Links spans of consumers of CloudEvents with those of their producers.',
  schema: cloudEventsSchema,
  create: (options) => new CloudEventsProcessor(options),
})
