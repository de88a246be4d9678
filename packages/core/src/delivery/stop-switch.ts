/**
 * Tells everybody who waits or works that it is over. Unlike an `AbortSignal` it takes and forgets a
 * listener per request cheaply.
 */
export class StopSwitch {
  #stopped = false
  readonly #listeners = new Set<() => void>()

  get stopped(): boolean {
    return this.#stopped
  }

  /** Calls `run` at the stop, at once if that has been, unless the returned function was called before. */
  onStop(run: () => void): () => void {
    if (this.#stopped) {
      run()
      return () => undefined
    }
    this.#listeners.add(run)
    return () => void this.#listeners.delete(run)
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const run of listeners) run()
  }
}
