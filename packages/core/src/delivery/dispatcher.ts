import type { Clock, Timer } from '../clock/clock.ts'
import type { Backlog } from './backlog.ts'
import type { Brake } from './brake.ts'
import type { StoredEntry } from './stored-entry.ts'
import type { Verdict } from './stored-sending.ts'
import { WaitingEntries } from './waiting-entries.ts'

export interface DispatcherOptions {
  readonly backlog: Backlog
  /** Attempts that run in parallel. */
  readonly count: number
  /** Absent where a failed request is never attempted again. */
  readonly brake: Brake | undefined
  readonly clock: Clock
  /** Makes one attempt; never rejects. */
  readonly run: (entry: StoredEntry) => Promise<Verdict>
}

/** Entries that wait for their next attempt are known in memory; while there are so many, no new one is begun. */
const maxWaiting = 10_000

/** Decides which stored entry is attempted when. One that waits for its next attempt occupies no consumer. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #waiting = new WaitingEntries<StoredEntry>()
  readonly #idle = Promise.withResolvers<void>()
  #inFlight = 0
  #running = false
  #stopped = false
  #pumping = false
  #retriedLast = false
  #alarm: { readonly at: number; readonly timer: Timer } | undefined

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = !this.#stopped
    this.pump()
  }

  /** Begins no more attempts; resolves when none is on its way (EXP-62). */
  stop(): Promise<void> {
    this.#running = false
    this.#stopped = true
    this.#setAlarm(undefined)
    if (this.#inFlight === 0) this.#idle.resolve()
    return this.#idle.promise
  }

  /** Looks for something to do. To be called when there may be. */
  pump(): void {
    // Asking the backlog for entries may call back.
    if (!this.#running || this.#pumping) return
    this.#pumping = true
    while (this.#inFlight < this.#options.count) {
      const entry = this.#next()
      if (entry === undefined) break
      void this.#launch(entry)
    }
    this.#pumping = false
    this.#setAlarm(this.#nextAlarm())
  }

  async #launch(entry: StoredEntry): Promise<void> {
    this.#inFlight++
    const verdict = await this.#options.run(entry)
    this.#inFlight--
    this.#note(verdict)
    if (this.#stopped && this.#inFlight === 0) this.#idle.resolve()
    this.pump()
  }

  #note(verdict: Verdict): void {
    if (verdict.kind === 'kept') return
    const { brake, clock } = this.#options
    if (verdict.failed) brake?.failed()
    else if (verdict.kind === 'gone') brake?.succeeded()
    if (verdict.kind === 'waits') this.#waiting.add(verdict.entry, clock.monotonic() + verdict.delayMs)
  }

  /** Retries that are due and first attempts take turns, so that neither can starve the other. */
  #next(): StoredEntry | undefined {
    const first = this.#retriedLast ? this.#takeFirst() : undefined
    this.#retriedLast = false
    if (first !== undefined) return first
    const due = this.#waiting.takeDue(this.#options.clock.monotonic())
    if (due === undefined) return this.#takeFirst()
    this.#retriedLast = true
    return due
  }

  /** The next entry that was not attempted in this run. */
  #takeFirst(): StoredEntry | undefined {
    const { backlog, brake, clock } = this.#options
    while (this.#waiting.size < maxWaiting) {
      const entry = backlog.peek()
      if (entry === undefined) return undefined
      if (entry.dueAt <= clock.monotonic()) {
        if (brake?.allows(this.#inFlight + this.#waiting.size) === false) return undefined
        backlog.shift()
        return entry
      }
      backlog.shift()
      this.#waiting.add({ ...entry, body: undefined }, entry.dueAt)
    }
    return undefined
  }

  /** When there will be something to do that nobody calls for. */
  #nextAlarm(): number | undefined {
    const { backlog, brake, count, clock } = this.#options
    if (this.#inFlight >= count) return undefined
    const probeAt = brake?.probeAt ?? Infinity
    // A probe whose time has come waits for the backlog, which says when it has something.
    const isAwaited = !backlog.isEmpty && probeAt > clock.monotonic()
    const next = Math.min(this.#waiting.nextDueAt ?? Infinity, isAwaited ? probeAt : Infinity)
    return next === Infinity ? undefined : next
  }

  #setAlarm(at: number | undefined): void {
    if (this.#alarm?.at === at) return
    this.#alarm?.timer.cancel()
    this.#alarm = undefined
    if (at === undefined) return
    const { clock } = this.#options
    const timer = clock.schedule(Math.max(0, at - clock.monotonic()), () => {
      this.#alarm = undefined
      this.pump()
    })
    this.#alarm = { at, timer }
  }
}
