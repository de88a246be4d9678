/** How the waits between attempts grow. Durations are milliseconds. */
export interface BackoffSettings {
  readonly initial_interval: number
  /** Part of the interval, 0 to 1, by which a delay may be shorter or longer. */
  readonly randomization_factor: number
  readonly multiplier: number
  readonly max_interval: number
}

/** Gives the waits between the attempts of one request. */
export interface Backoff {
  /** The next delay in milliseconds: interval × (1 ± factor), the interval growing up to `max_interval` (EXP-20). */
  next(): number
}

/** Starts a series of delays; `random` gives numbers from 0 (inclusive) to 1 (exclusive). */
export function createBackoff(settings: BackoffSettings, random: () => number): Backoff {
  let interval = Math.min(settings.initial_interval, settings.max_interval)
  return {
    next() {
      const delay = interval * (1 + settings.randomization_factor * (2 * random() - 1))
      interval = Math.min(interval * settings.multiplier, settings.max_interval)
      return delay
    },
  }
}

/** The delay after the attempt number `attempt`, from 1 on, for who does not keep a series. */
export function delayAfter(attempt: number, settings: BackoffSettings, random: () => number): number {
  const { initial_interval, multiplier, max_interval } = settings
  const grown = initial_interval * multiplier ** (attempt - 1)
  // Nothing times infinity is no number; an interval of zero stays zero.
  const interval = initial_interval === 0 ? 0 : Math.min(grown, max_interval)
  return createBackoff({ ...settings, initial_interval: interval }, random).next()
}
