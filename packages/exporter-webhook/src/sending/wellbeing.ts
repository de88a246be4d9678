import type { ComponentTelemetry } from '@spanloom/core'

/** Tells how the exporter does, from how its endpoints do: well only while all of them are (WHX-10). */
export class Wellbeing {
  readonly #status: ComponentTelemetry['status']
  readonly #failing = new Set<string>()
  readonly #disabled = new Set<string>()

  constructor(status: ComponentTelemetry['status']) {
    this.#status = status
  }

  /** Whether an endpoint is sent nothing any more. */
  get hasDisabled(): boolean {
    return this.#disabled.size > 0
  }

  delivered(endpoint: string): void {
    this.#failing.delete(endpoint)
    if (this.#failing.size === 0 && !this.hasDisabled) this.#status.ok()
  }

  failed(endpoint: string): void {
    this.#failing.add(endpoint)
    this.#status.recoverableError(new Error(`The endpoint ${endpoint} does not take notifications.`))
  }

  disabled(endpoint: string, why: string): void {
    this.#disabled.add(endpoint)
    this.#status.recoverableError(new Error(`The endpoint ${endpoint} is disabled: ${why}.`))
  }
}
