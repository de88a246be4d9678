/** Gathers what is handed in while a write is under way into the next write: many callers, few writes. */
export class GroupedWrite {
  readonly #write: (messages: Uint8Array) => Promise<void>
  #waiting: { readonly message: Uint8Array; readonly done: PromiseWithResolvers<void> }[] = []
  #running: Promise<void> | undefined

  constructor(write: (messages: Uint8Array) => Promise<void>) {
    this.#write = write
  }

  /** Resolves when the message is written, rejects when the write that it was part of failed. */
  add(message: Uint8Array): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.#waiting.push({ message, done })
    this.#running ??= this.#run()
    return done.promise
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // Lets everything that comes in the same turn share the first write.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      const [first] = group
      const messages =
        group.length === 1 && first !== undefined
          ? first.message
          : Buffer.concat(group.map(({ message }) => message))
      try {
        await this.#write(messages)
        for (const { done } of group) done.resolve()
      } catch (error) {
        for (const { done } of group) done.reject(error)
      }
    }
    this.#running = undefined
  }
}
