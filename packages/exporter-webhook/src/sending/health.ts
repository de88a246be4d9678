/** How well an endpoint does, and what follows of it (WHX-07, WHX-10). */
export interface HealthSettings {
  /** Milliseconds of failures only after which the endpoint is disabled; 0: never. */
  readonly failingForMs: number
}

/** Time for which an overloaded endpoint is left alone. */
const overloadPauseMs = 60_000

/** Failures in a row after which attempts are made one at a time, a pause between them. */
const breakAfter = 10

/** Follows the outcomes of one endpoint. All times are milliseconds of one steady clock. */
export class Health {
  readonly #settings: HealthSettings
  #failures = 0
  #failingSince: number | undefined
  #pausedUntil = 0
  #disabled: string | undefined

  constructor(settings: HealthSettings) {
    this.#settings = settings
  }

  /** Why nothing is sent any more until a reload. */
  get disabled(): string | undefined {
    return this.#disabled
  }

  /** Whether only one attempt at a time is worth its while. */
  get isBroken(): boolean {
    return this.#failures >= breakAfter
  }

  /** How long to send nothing. */
  pauseMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now)
  }

  /** A pause goes on: what was under way when it began tells nothing of what the endpoint asked for since. */
  succeeded(): void {
    this.#failures = 0
    this.#failingSince = undefined
  }

  failed(
    now: number,
    { overloaded, isGone, retryAfterMs = 0 }: { overloaded: boolean; isGone: boolean; retryAfterMs?: number },
  ): void {
    this.#failures++
    this.#failingSince ??= now
    if (overloaded) this.pause(now, Math.max(overloadPauseMs, Math.min(retryAfterMs, 86_400_000)))
    else if (this.isBroken) this.pause(now, overloadPauseMs)
    const { failingForMs } = this.#settings
    if (isGone) this.#disabled = 'it answered with status 410'
    else if (failingForMs > 0 && now - this.#failingSince >= failingForMs) {
      this.#disabled = `nothing was delivered to it for ${Math.round((now - this.#failingSince) / 3_600_000)} hours`
    }
  }

  pause(now: number, ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, now + ms)
  }
}
