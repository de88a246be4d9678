import type { Clock, Timer } from '../clock/clock.ts'
import { grpcStatusOf, messageOf } from '../errors/errors.ts'
import type { QueueRecord, QueueStore } from '../storage/storage.ts'
import type { GiveUpReason } from './retry.ts'

/** The parsed section `sending_queue.dead_letters`. */
export interface DeadLetterSettings {
  readonly max_requests: number
  /** Milliseconds; 0 means for ever. */
  readonly max_age: number
}

export interface DeadLettersOptions {
  readonly store: QueueStore
  /** Absent: nothing is kept. */
  readonly settings: DeadLetterSettings | undefined
  readonly clock: Clock
  readonly onRemoved: (requests: number) => void
  readonly onFault: (error: unknown) => void
}

/** How often the age is looked at. */
const sweepMs = 3_600_000
const pageLength = 500

const failedOnce: GiveUpReason = 'send_failed'

/**
 * Puts back what was given up only because retries are off, and may well be taken by now: after a restart it has
 * another attempt, so that a destination that is down costs nothing (EXP-44).
 */
export async function reviveFailedOnce(store: QueueStore, nowMs: number): Promise<void> {
  for (let after = 0; ;) {
    const page = await store.deadLetters(after, pageLength)
    const last = page.at(-1)
    if (last === undefined) return
    after = last.id
    const ids = page
      .filter(({ lastError = '' }) => lastError.startsWith(`${failedOnce}:`))
      .map(({ id }) => id)
    if (ids.length > 0) await store.revive(ids, nowMs)
  }
}

/** Requests that were given up for good: kept with the reason, up to a number and an age, the oldest going first (EXP-28). */
export class DeadLetters {
  readonly #options: DeadLettersOptions
  #count: number
  #timer: Timer | undefined
  #removing: Promise<void> | undefined
  #stopped = false

  /** `count` dead letters are in the store. */
  constructor(options: DeadLettersOptions, count: number) {
    this.#options = options
    this.#count = count
  }

  get count(): number {
    return this.#count
  }

  /** Looks after number and age until `stop`. */
  start(): void {
    const { settings, clock } = this.#options
    if (settings === undefined) return
    this.#remove((limits) => this.#removeAged(limits))
    this.#timer = clock.schedule(sweepMs, () => this.start())
  }

  /** Resolves once nothing is being removed any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#removing
  }

  /**
   * Takes a pending record out of the queue for good: into the dead letters, or away if none are kept. Answers whether
   * it is kept. Rejects when the store cannot; the record is pending then.
   */
  async take(id: number, error: unknown, reason: GiveUpReason): Promise<boolean> {
    const { store, settings, clock, onFault } = this.#options
    if (settings === undefined) {
      store.done([id]).catch(onFault)
      return false
    }
    const message = messageOf(error)
    // Counts the last attempt; the due time of a dead letter is the time when it was given up.
    await Promise.all([
      store.retry(id, clock.now(), grpcStatusOf(error), message),
      store.dead(id, `${reason}: ${message}`),
    ])
    this.#count++
    if (this.#count > settings.max_requests) this.#remove((limits) => this.#removeExcess(limits))
    return true
  }

  #remove(remove: (settings: DeadLetterSettings) => Promise<void>): void {
    const { settings, onFault } = this.#options
    if (settings === undefined || this.#removing !== undefined || this.#stopped) return
    this.#removing = remove(settings)
      .catch(onFault)
      .finally(() => {
        this.#removing = undefined
      })
  }

  async #removeExcess({ max_requests }: DeadLetterSettings): Promise<void> {
    while (this.#count > max_requests && !this.#stopped) {
      const excess = Math.min(this.#count - max_requests, pageLength)
      const page = await this.#options.store.deadLetters(0, excess)
      if (page.length === 0) return
      await this.#drop(page)
    }
  }

  async #removeAged(settings: DeadLetterSettings): Promise<void> {
    const { store, clock } = this.#options
    const eldest = clock.now() - settings.max_age
    for (let after = 0; settings.max_age > 0 && !this.#stopped;) {
      const page = await store.deadLetters(after, pageLength)
      const last = page.at(-1)
      if (last === undefined) break
      after = last.id
      await this.#drop(page.filter(({ dueMs }) => dueMs < eldest))
    }
    await this.#removeExcess(settings)
  }

  async #drop(records: readonly QueueRecord[]): Promise<void> {
    if (records.length === 0) return
    await this.#options.store.done(records.map(({ id }) => id))
    this.#count -= records.length
    this.#options.onRemoved(records.length)
  }
}
