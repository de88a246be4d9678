import type { Clock, QueueRecord, Timer } from '@spanloom/core'

import type { OutboxStore } from '../outbox/memory-queue.ts'
import { decodeFacts } from '../outbox/record.ts'
import { Health } from './health.ts'
import type { Post } from './post.ts'
import { type AttemptFacts, attemptHeaders } from './request-headers.ts'
import { nextDelay, type RetrySchedule } from './schedule.ts'
import { type Failure, failureOf, wholeReason } from './verdict.ts'

/** What became of a delivery. */
export interface EndpointEvents {
  delivered(): void
  /** Given up and kept as a dead letter. */
  dead(reason: string): void
  failed(failure: Failure, delayMs: number): void
  disabled(why: string): void
  /** The store did not do what it should. */
  fault(error: unknown): void
}

export interface EndpointOptions {
  /** Number of this endpoint in the store. */
  readonly destination: number
  readonly store: OutboxStore
  readonly post: Post
  /** What the headers of all attempts have in common. */
  readonly sender: Pick<AttemptFacts, 'secrets' | 'headers' | 'userAgent'>
  readonly retry: RetrySchedule
  readonly maxInFlight: number
  /** One delivery after the other, none before the one before it was taken or given up (WHX-12). */
  readonly ordered: boolean
  readonly failingForMs: number
  readonly clock: Clock
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
  readonly events: EndpointEvents
}

/** No delay is longer, whatever an endpoint asks for, beside those of the schedule. */
const longestDelayMs = 86_400_000

/** A look at the store now and then, whatever timers say. */
const longestSleepMs = 60_000
const faultPauseMs = 5_000
const pageLength = 500
const busyPollMs = 1_000

/** Sends what the outbox holds for one endpoint, whatever becomes of the others (WHX-11). */
export class Endpoint {
  readonly #options: EndpointOptions
  readonly #health: Health
  readonly #inFlight = new Map<number, Promise<void>>()
  /** Delivered, and not yet removed from the store. */
  readonly #leaving = new Set<number>()
  /** Those of them that the store has failed to remove. */
  readonly #unremoved = new Set<number>()
  readonly #stopping = new AbortController()
  /** Wall clock minus steady clock at the start: due times of this run do not move when the clock is set. */
  readonly #epoch: number
  #timer: Timer | undefined
  #pumping: Promise<void> | undefined
  #again = false
  #stopped = false
  #cursor = 0

  constructor(options: EndpointOptions) {
    this.#options = options
    this.#health = new Health({ failingForMs: options.failingForMs })
    this.#epoch = options.clock.now() - options.clock.monotonic()
  }

  /** Why nothing is sent any more. */
  get disabled(): string | undefined {
    return this.#health.disabled
  }

  /** There may be something to send. */
  wake(): void {
    if (this.#stopped) return
    this.#again = true
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined
      if (this.#again) this.wake()
    })
  }

  /** Begins no more attempts and waits for those on their way, which end at once when `signal` aborts. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopped = true
    this.#again = false
    this.#timer?.cancel()
    const abort = (): void => this.#stopping.abort(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    await this.#pumping
    await Promise.allSettled(this.#inFlight.values())
    await this.#removeRest().catch((error: unknown) => this.#options.events.fault(error))
    signal.removeEventListener('abort', abort)
  }

  /** Milliseconds since 1970 that do not jump. */
  #now(): number {
    return this.#epoch + this.#options.clock.monotonic()
  }

  async #pump(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      try {
        await this.#sendDue()
      } catch (error) {
        this.#options.events.fault(error)
        this.#sleep(faultPauseMs)
      }
    }
  }

  async #sendDue(): Promise<void> {
    await this.#removeRest()
    if (this.#health.disabled !== undefined) return
    const pauseMs = this.#health.pauseMs(this.#now())
    if (pauseMs > 0) return this.#sleep(pauseMs)
    const { maxInFlight, ordered } = this.#options
    const limit = ordered || this.#health.isBroken ? 1 : maxInFlight
    const free = limit - this.#inFlight.size
    if (free <= 0) return
    if (ordered) return this.#sendFirst()
    const found = await this.#due(free, this.#now())
    if (found.length === 0) return this.#sleepUntilDue(free)
    this.#beginAll(found)
  }

  #beginAll(records: readonly QueueRecord[]): void {
    if (this.#stopped) return
    for (const record of records) this.#begin(record)
  }

  async #due(free: number, nowMs: number): Promise<readonly QueueRecord[]> {
    const { store, destination } = this.#options
    const known = this.#inFlight.size + this.#leaving.size
    const found = await store.due(destination, nowMs, known + free)
    return found.filter(({ id }) => !this.#inFlight.has(id) && !this.#leaving.has(id)).slice(0, free)
  }

  /** Sends the oldest delivery of this endpoint, or waits for it, whatever is due behind it. */
  async #sendFirst(): Promise<void> {
    const first = await this.#first()
    if (first === undefined || this.#inFlight.has(first.id)) return
    const waitMs = this.#waitMs(first.dueMs)
    if (waitMs > 0) this.#sleep(waitMs)
    else this.#beginAll([first])
  }

  async #first(): Promise<QueueRecord | undefined> {
    const { store, destination } = this.#options
    for (;;) {
      const page = await store.pending(this.#cursor, pageLength)
      const first = page.find((record) => record.destination === destination)
      if (first !== undefined) {
        this.#cursor = first.id - 1
        return first
      }
      const last = page.at(-1)
      if (last === undefined) return undefined
      this.#cursor = last.id
    }
  }

  async #sleepUntilDue(free: number): Promise<void> {
    // What is on its way out is still due, so the store cannot tell what comes next.
    if (this.#inFlight.size > 0 || this.#leaving.size > 0) return this.#sleep(busyPollMs)
    const { store, destination } = this.#options
    const next = await store.nextDueMs(destination)
    if (next === undefined) return
    const waitMs = this.#waitMs(next)
    if (waitMs > 0) this.#sleep(waitMs)
    else this.#beginAll(await this.#due(free, next))
  }

  /** What is due later than any delay allows was put off by another clock, so it is due now. */
  #waitMs(dueMs: number): number {
    const { schedule, jitter } = this.#options.retry
    const longest = Math.max(longestDelayMs, ...schedule) * (1 + jitter)
    const waitMs = dueMs - this.#now()
    return waitMs > longest ? 0 : Math.max(0, Math.ceil(waitMs))
  }

  #sleep(ms: number): void {
    this.#timer?.cancel()
    if (this.#stopped) return
    this.#timer = this.#options.clock.schedule(Math.min(ms, longestSleepMs), () => this.wake())
  }

  #begin(record: QueueRecord): void {
    const attempt = this.#attempt(record)
      .catch((error: unknown) => {
        if (this.#stopping.signal.aborted) return
        this.#options.events.fault(error)
        this.#health.pause(this.#now(), faultPauseMs)
      })
      .finally(() => {
        this.#inFlight.delete(record.id)
        this.wake()
      })
    this.#inFlight.set(record.id, attempt)
    this.#again = true
  }

  async #attempt(record: QueueRecord): Promise<void> {
    const { store, post, sender, clock } = this.#options
    const body = await store.body(record.id)
    const facts = readable(record)
    if (body === undefined || facts === undefined) {
      return this.#bury(record, { ...unreadable, reason: 'the stored notification cannot be read' })
    }
    const nowMs = clock.now()
    const id = record.uid ?? String(record.id)
    const { contentType, eventType, format } = facts
    const headers = attemptHeaders({ ...sender, contentType, eventType, format, id, body, nowMs })
    const answer = await post(headers, body, this.#stopping.signal)
    const failure = 'reason' in answer ? answer : failureOf(answer, nowMs)
    if (failure === undefined) return this.#deliver(record)
    await this.#fail(record, failure)
  }

  #deliver({ id }: QueueRecord): void {
    this.#health.succeeded()
    // Gathered by the store; what is not removed before a crash is sent twice, under the same id.
    this.#leaving.add(id)
    void this.#remove(id)
    if (this.#options.ordered) this.#cursor = id
    this.#options.events.delivered()
  }

  async #remove(id: number): Promise<void> {
    const { store, events } = this.#options
    try {
      await store.done([id])
      this.#leaving.delete(id)
    } catch (error) {
      events.fault(error)
      this.#unremoved.add(id)
      this.wake()
    }
  }

  /** Until the store obeys, nothing else is sent: it would only come twice. */
  async #removeRest(): Promise<void> {
    const ids = [...this.#unremoved]
    if (ids.length > 0) await this.#options.store.done(ids)
    for (const id of ids) {
      this.#unremoved.delete(id)
      this.#leaving.delete(id)
    }
  }

  async #fail(record: QueueRecord, failure: Failure): Promise<void> {
    const { store, events, retry, random } = this.#options
    const wasDisabled = this.#health.disabled !== undefined
    this.#health.failed(this.#now(), failure)
    if (this.#health.disabled !== undefined && !wasDisabled) events.disabled(this.#health.disabled)
    const delayMs = nextDelay(retry, record.attempts + 1, failure.retryAfterMs, random)
    if (failure.isFinal || delayMs === undefined) {
      await this.#bury(record, failure)
    } else {
      await store.retry(record.id, Math.round(this.#now() + delayMs), failure.status, wholeReason(failure))
      events.failed(failure, delayMs)
    }
  }

  async #bury({ id, attempts }: QueueRecord, failure: Failure): Promise<void> {
    const { store, events, clock } = this.#options
    const prefix = failure.isFinal ? '' : `${attempts + 1} attempts failed, the last: `
    const why = prefix + wholeReason(failure)
    await store.retry(id, clock.now(), failure.status, why)
    await store.dead(id, why)
    if (this.#options.ordered) this.#cursor = id
    events.dead(prefix + failure.reason)
  }
}

const unreadable = { overloaded: false, isFinal: true, isGone: false }

function readable(record: QueueRecord): ReturnType<typeof decodeFacts> | undefined {
  try {
    return decodeFacts(record)
  } catch {
    return undefined
  }
}
