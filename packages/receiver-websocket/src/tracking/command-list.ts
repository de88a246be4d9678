import type { Command } from './command.ts'

/** Commands in the order in which they came; any of them leaves at once, and the oldest is always at hand. */
export class CommandList {
  #first: Command | undefined
  #last: Command | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): Command | undefined {
    return this.#first
  }

  /** Takes a command that is in no list. */
  push(command: Command): void {
    command.list = this
    command.previous = this.#last
    command.next = undefined
    if (this.#last === undefined) this.#first = command
    else this.#last.next = command
    this.#last = command
    this.#size++
  }

  /** Does nothing with a command that is not here. */
  remove(command: Command): void {
    if (command.list !== this) return
    const { previous, next } = command
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    command.list = command.previous = command.next = undefined
    this.#size--
  }

  /** All commands, as they are now. */
  all(): readonly Command[] {
    const commands: Command[] = []
    for (let each = this.#first; each !== undefined; each = each.next) commands.push(each)
    return commands
  }
}
