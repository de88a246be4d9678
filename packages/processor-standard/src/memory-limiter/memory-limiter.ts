import type { Clock, ComponentTelemetry, ConfigOf, ReportIssue, Timer } from '@spanloom/core'
import { RetryableError } from '@spanloom/core'

/** Settings of the processor and of the extension (`collector-conventions.md` section 9.1). */
export const memoryLimiterSchema = {
  type: 'object',
  properties: {
    check_interval: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description: 'How often memory is measured; must be above zero, `1s` is recommended.',
    },
    limit_mib: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Hard limit in MiB; wins over the percentage.',
    },
    spike_limit_mib: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Soft limit = hard limit − this; 0 means 20 % of the hard limit.',
    },
    limit_percentage: {
      type: 'integer',
      minimum: 0,
      maximum: 100,
      default: 0,
      description: 'Hard limit as a share of the memory of the machine or container.',
    },
    spike_limit_percentage: {
      type: 'integer',
      minimum: 0,
      maximum: 100,
      default: 0,
      description: 'The same for the distance to the soft limit; 0 means 20 % of the hard limit.',
    },
    min_gc_interval_when_soft_limited: {
      type: 'string',
      format: 'duration',
      minimumMs: 0,
      default: '10s',
      description: 'Shortest pause between collections above the soft limit.',
    },
    min_gc_interval_when_hard_limited: {
      type: 'string',
      format: 'duration',
      minimumMs: 0,
      default: '0s',
      description: 'Shortest pause between collections above the hard limit.',
    },
    max_gc_interval_when_soft_limited: {
      type: 'string',
      format: 'duration',
      minimumMs: 0,
      default: '30s',
      description: 'Longest pause when collections do not help.',
    },
    max_gc_interval_when_hard_limited: {
      type: 'string',
      format: 'duration',
      minimumMs: 0,
      default: '30s',
      description: 'Longest pause when collections do not help.',
    },
  },
} as const

export type MemoryLimiterConfig = ConfigOf<typeof memoryLimiterSchema>

/** Reports limits that are missing or contradict each other (PRC-01). */
export function checkMemoryLimiter(config: MemoryLimiterConfig, report: ReportIssue): void {
  if (config.check_interval <= 0)
    report(['check_interval'], "'check_interval' must be greater than zero", '1s')
  if (config.limit_mib === 0 && config.limit_percentage === 0) {
    report(
      [],
      "'limit_mib' or 'limit_percentage' must be greater than zero",
      'Set limit_mib: 512, for example.',
    )
  }
  if (config.limit_mib > 0 && config.spike_limit_mib >= config.limit_mib) {
    report(['spike_limit_mib'], "'spike_limit_mib' must be smaller than 'limit_mib'")
  }
  if (config.limit_percentage > 0 && config.spike_limit_percentage >= config.limit_percentage) {
    report(['spike_limit_percentage'], "'spike_limit_percentage' must be smaller than 'limit_percentage'")
  }
}

/** What the limiter needs to know of the machine, handed in for tests. */
export interface Memory {
  /** Used JS heap plus external memory, in bytes (PRC-06). */
  used(): number
  /** Memory of the container if it has a limit, else of the machine, in bytes. */
  total(): number
  /** Asks for a garbage collection; best effort. */
  collect(): void
}

const mib = 1024 * 1024

/** Hard and soft limit in bytes. */
export function limitsOf(
  config: MemoryLimiterConfig,
  totalBytes: number,
): { readonly hard: number; readonly soft: number } {
  if (config.limit_mib > 0) {
    const hard = config.limit_mib * mib
    return { hard, soft: hard - (config.spike_limit_mib > 0 ? config.spike_limit_mib * mib : hard / 5) }
  }
  const hard = (totalBytes * config.limit_percentage) / 100
  const spike =
    config.spike_limit_percentage > 0 ? (totalBytes * config.spike_limit_percentage) / 100 : hard / 5
  return { hard, soft: hard - spike }
}

/** Watches the memory of the process and says whether data may come in (PRC-02 to PRC-05). */
export class MemoryLimiter {
  readonly #config: MemoryLimiterConfig
  readonly #memory: Memory
  readonly #clock: Clock
  readonly #telemetry: ComponentTelemetry
  readonly #limits: { readonly hard: number; readonly soft: number }
  #users = 0
  #timer: Timer | undefined
  #refusing = false
  #collectedAt = Number.NEGATIVE_INFINITY
  #pauseMs = 0

  constructor(config: MemoryLimiterConfig, memory: Memory, clock: Clock, telemetry: ComponentTelemetry) {
    this.#config = config
    this.#memory = memory
    this.#clock = clock
    this.#telemetry = telemetry
    this.#limits = limitsOf(config, memory.total())
  }

  get refusing(): boolean {
    return this.#refusing
  }

  /** @throws RetryableError `MEMORY_LIMIT` while memory is above the soft limit. */
  admit(): void {
    if (!this.#refusing) return
    throw new RetryableError('MEMORY_LIMIT', 'data refused due to high memory usage', {
      retryAfterMs: 1000 + Math.floor(Math.random() * 500),
      hint: 'Raise the limit of the memory_limiter, or send less at a time.',
    })
  }

  /** Begins to measure; each `start` needs a `stop`. */
  start(): void {
    this.#users++
    if (this.#users > 1) return
    this.check()
    this.#arm()
  }

  stop(): void {
    this.#users = Math.max(0, this.#users - 1)
    if (this.#users > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Measures once. */
  check(): void {
    let used = this.#memory.used()
    if (used >= this.#limits.soft && this.#collectIfDue(used)) used = this.#memory.used()
    const above = used >= this.#limits.soft
    if (above === this.#refusing) return
    this.#refusing = above
    const fields = { cur_mem_mib: Math.round(used / mib) }
    if (above) {
      this.#telemetry.logger.warn('Memory usage is above soft limit. Refusing data.', fields)
      this.#telemetry.status.recoverableError(new Error('data refused due to high memory usage'))
    } else {
      this.#pauseMs = 0
      this.#telemetry.logger.info('Memory usage back within limits. Resuming normal operation.', fields)
      this.#telemetry.status.ok()
    }
  }

  /** Above the hard limit (or the soft one, less often) a collection is asked for, less often when it does not help (PRC-03). */
  #collectIfDue(used: number): boolean {
    const hard = used >= this.#limits.hard
    const { check_interval: interval } = this.#config
    const shortest = hard
      ? this.#config.min_gc_interval_when_hard_limited
      : this.#config.min_gc_interval_when_soft_limited
    const longest = hard
      ? this.#config.max_gc_interval_when_hard_limited
      : this.#config.max_gc_interval_when_soft_limited
    const now = this.#clock.monotonic()
    if (now - this.#collectedAt < Math.max(shortest, this.#pauseMs)) return false
    this.#memory.collect()
    this.#collectedAt = now
    const helped = this.#memory.used() < this.#limits.soft
    this.#pauseMs = helped ? 0 : Math.min(longest, Math.max(interval, this.#pauseMs * 2))
    return true
  }

  #arm(): void {
    this.#timer = this.#clock.schedule(this.#config.check_interval, () => {
      this.check()
      this.#arm()
    })
  }
}
