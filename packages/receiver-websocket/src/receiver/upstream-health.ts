import type { StatusReporter } from '@spanloom/core'

/** Tells the status of a receiver from that of its connections: all must be up. */
export class UpstreamHealth {
  readonly #status: StatusReporter
  readonly #down = new Map<string, Error>()
  #healthy = true

  constructor(status: StatusReporter) {
    this.#status = status
  }

  /** A connection is up, or down for the reason given. */
  report(connection: string, loss: Error | undefined): void {
    if (loss === undefined) this.#down.delete(connection)
    else this.#down.set(connection, loss)
    const [first] = this.#down.values()
    if (first !== undefined) {
      this.#healthy = false
      this.#status.recoverableError(first)
    } else if (!this.#healthy) {
      this.#healthy = true
      this.#status.ok()
    }
  }
}
