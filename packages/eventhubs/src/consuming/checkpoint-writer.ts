import type { Clock, Logger, Timer } from '@spanloom/core'

import type { Checkpoints, Position } from './checkpoints.ts'

/** What a writer needs. */
export interface CheckpointWriterOptions {
  readonly partitionId: string
  readonly checkpoints: Checkpoints
  /** How often at most, in milliseconds; 0 = at once. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/** Writes the checkpoints of one partition, the newest one only and not too often. */
export class CheckpointWriter {
  readonly #options: CheckpointWriterOptions
  #wanted: Position | undefined
  #writing: Promise<void> | undefined
  #timer: Timer | undefined
  #failing = false
  #closed = false
  /** When what is safe was last written, on the monotonic clock. */
  writtenAt: number

  constructor(options: CheckpointWriterOptions) {
    this.#options = options
    this.writtenAt = options.clock.monotonic()
  }

  /** Whether something safe has not been written. */
  get behind(): boolean {
    return this.#wanted !== undefined
  }

  /** Everything up to `position` is safe. With an interval of 0 resolves after it was written. */
  async safe(position: Position): Promise<void> {
    this.#wanted = position
    const { intervalMs, clock } = this.#options
    if (intervalMs === 0) await this.#write()
    else if (!this.#closed)
      this.#timer ??= clock.schedule(intervalMs, () => {
        this.#timer = undefined
        void this.#write()
      })
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.discard()
    await this.#write()
  }

  /** The partition belongs to somebody else, who may be ahead: nothing is written any more. */
  discard(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  async #write(): Promise<void> {
    // One at a time, so that an older position never overtakes a newer one.
    while (this.#writing !== undefined) await this.#writing
    const position = this.#wanted
    if (position === undefined) return
    this.#writing = this.#put(position).finally(() => {
      this.#writing = undefined
    })
    await this.#writing
  }

  async #put(position: Position): Promise<void> {
    const { checkpoints, partitionId, logger, clock } = this.#options
    try {
      await checkpoints.write(partitionId, position)
      if (this.#wanted === position) this.#wanted = undefined
      this.writtenAt = clock.monotonic()
      if (this.#failing) logger.info('Checkpoints are written again.')
      this.#failing = false
    } catch (error) {
      // Nothing is lost: what is safe stays wanted, and an old checkpoint only means reading again.
      if (!this.#failing) logger.warn('A checkpoint could not be written.', { error })
      this.#failing = true
      if (!this.#closed && this.#options.intervalMs > 0) await this.safe(this.#wanted ?? position)
    }
  }
}
