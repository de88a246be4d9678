/** Work that waits for a free lane. */
interface Waiting {
  readonly key: string | undefined
  readonly run: () => Promise<void>
}

/** Limits of {@link Lanes}. */
export interface LaneLimits {
  /** Jobs that run at once. */
  readonly maxInFlight: number
  /** Jobs that wait. */
  readonly maxQueue: number
  /** While true, no job begins. */
  held?(): boolean
}

/** Runs jobs in the order in which they came, so many at once; jobs of one key one after the other. */
export class Lanes {
  readonly #limits: LaneLimits
  readonly #queue: Waiting[] = []
  readonly #keys = new Set<string>()
  #running = 0
  #idle: (() => void) | undefined

  constructor(limits: LaneLimits) {
    this.#limits = limits
  }

  get waiting(): number {
    return this.#queue.length
  }

  get running(): number {
    return this.#running
  }

  /** False when the queue is full; the job does not run then. `run` must not reject. */
  add(run: () => Promise<void>, key?: string): boolean {
    if (this.#queue.length >= this.#limits.maxQueue && !this.#free(key)) return false
    this.#queue.push({ key, run })
    this.pump()
    return true
  }

  /** Starts what may start; to be called when `held` has changed. */
  pump(): void {
    for (let at = 0; at < this.#queue.length && this.#running < this.#limits.maxInFlight;) {
      if (this.#limits.held?.() === true) return
      const job = this.#queue[at]
      if (job === undefined || (job.key !== undefined && this.#keys.has(job.key))) {
        at++
        continue
      }
      this.#queue.splice(at, 1)
      void this.#start(job)
    }
  }

  /** Forgets what waits, and resolves when nothing runs any more. */
  drain(): Promise<void> {
    this.#queue.length = 0
    if (this.#running === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#idle = resolve))
  }

  #free(key: string | undefined): boolean {
    return (
      this.#queue.length === 0 &&
      this.#running < this.#limits.maxInFlight &&
      (key === undefined || !this.#keys.has(key)) &&
      this.#limits.held?.() !== true
    )
  }

  async #start({ key, run }: Waiting): Promise<void> {
    this.#running++
    if (key !== undefined) this.#keys.add(key)
    try {
      await run()
    } finally {
      this.#running--
      if (key !== undefined) this.#keys.delete(key)
      this.pump()
      if (this.#running === 0) this.#idle?.()
    }
  }
}
