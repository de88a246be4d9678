import type { Clock, Timer } from '@spanloom/core'

import type { CommandList } from './command-list.ts'
import type { Command } from './command.ts'

/**
 * Calls `expire` with each command of a set whose deadline has come. All have the same time to live, so the set is in
 * the order of their deadlines, and one timer serves them all.
 */
export class Deadlines {
  readonly #commands: CommandList
  readonly #clock: Clock
  readonly #expire: (command: Command) => void
  #timer: Timer | undefined

  constructor(commands: CommandList, clock: Clock, expire: (command: Command) => void) {
    this.#commands = commands
    this.#clock = clock
    this.#expire = expire
  }

  /** A command was added. */
  watch(command: Command): void {
    this.#timer ??= this.#clock.schedule(command.deadline - this.#clock.monotonic(), () => this.#due())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #due(): void {
    this.#timer = undefined
    const now = this.#clock.monotonic()
    for (let oldest = this.#commands.first; oldest !== undefined; oldest = this.#commands.first) {
      if (oldest.deadline > now) return this.watch(oldest)
      // It leaves the list, or the next look would find it again.
      this.#expire(oldest)
    }
  }
}
