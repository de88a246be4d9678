import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'

import { sleep, systemClock, type Clock } from '../clock/clock.ts'
import type { BuildInfo, CollectorView, ComponentStatus } from '../component/options.ts'
import type { AssemblyProfile } from '../component/profile.ts'
import type { ReloadOutcome } from '../component/reload-outcome.ts'
import type { CollectorConfig } from '../config/collector-config.ts'
import { SpanloomError } from '../errors/errors.ts'
import { Acceptors } from '../net/acceptors.ts'
import { TapDesk } from '../tap/tap-desk.ts'
import type { AccountReading } from '../telemetry/accounting.ts'
import type { OutputStreams } from '../telemetry/log-output.ts'
import type { Logger } from '../telemetry/logger.ts'
import { AccountBook } from './account-book.ts'
import { collectorView } from './collector-view.ts'
import { flush } from './full-restart.ts'
import { Generation } from './generation.ts'
import type { StopFailure } from './lifecycle.ts'
import { logFindings } from './log-findings.ts'
import { createOwnTelemetry, type TelemetrySettings } from './own-telemetry.ts'
import { performReload } from './perform-reload.ts'
import { addProfiles } from './profiles.ts'
import { Reloads } from './reloads.ts'
import { StatusBook } from './status-book.ts'
import { telemetrySettings } from './telemetry-settings.ts'

/** What a collector is made of. */
export interface CollectorOptions {
  readonly config: CollectorConfig
  readonly build: BuildInfo
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined
  /** Where logs go. Default: those of the process. */
  readonly streams?: OutputStreams | undefined
  /** Logs nothing and sends nothing of itself: for a collector that is only built, or tried out offline. */
  readonly buildOnly?: boolean | undefined
  /**
   * Reads the configuration again, from the same sources with the same flags (RLD-01); rejects with a ConfigError.
   * Absent: the collector cannot be reloaded.
   */
  readonly load?: (() => Promise<CollectorConfig>) | undefined
}

/** How a stop went. */
export interface ShutdownReport {
  /** Components that did not stop as they should. */
  readonly failures: readonly StopFailure[]
  /** Whether the caller's signal aborted before everything had stopped. */
  readonly cutShort: boolean
}

/** A collector that was built from a configuration. */
export interface Collector {
  /** The configuration that runs. */
  readonly config: CollectorConfig
  /** The logger of the moment: a reload may bring another one. */
  readonly logger: Logger
  readonly view: CollectorView
  /** Bound ports of the Prometheus pages. */
  readonly metricsPorts: readonly number[]
  /** Resolves with the first FatalError that a component reports (STA-03). */
  readonly fatal: Promise<ComponentStatus>
  /** The books of every pipeline component, as data (TEL-10). */
  accounting(): readonly AccountReading[]
  /**
   * Starts everything in the order of RUN-01 and RUN-02.
   *
   * @throws StartError after stopping what had started (RUN-03).
   */
  start(): Promise<void>
  /** Turns readiness off while everything goes on working (SIG-06). */
  notReady(): void
  /**
   * Stops everything in the order of SIG-01. When `signal` aborts, what still runs is told to give up and,
   * if it does not, left behind. Never rejects; safe without a start and more than once.
   */
  shutdown(signal: AbortSignal): Promise<ShutdownReport>
  /**
   * Reads the configuration again and goes over to it: what it changes is exchanged while everything else goes on,
   * and if anything is wrong with it, nothing changes (RLD-02, RLD-03). Resolves when that is decided; what was
   * replaced may still be draining then. Never rejects.
   */
  reload(): Promise<ReloadOutcome>
  /** Whether there is a `load`; without it a reload always fails. */
  readonly reloadable: boolean
}

/** How long a stop may go on once nobody wants to wait any more: for what is being reloaded, and to send telemetry. */
const graceMs = 500

/**
 * Builds own telemetry, all pipelines and all extensions. Nothing is started and no port is opened, so
 * this is also what `validate` does (CLI-02).
 *
 * @throws StartError or ConfigError naming what cannot be built.
 */
export async function createCollector(options: CollectorOptions): Promise<Collector> {
  const collector = new RunningCollector(options)
  await collector.build()
  return collector
}

class RunningCollector implements Collector {
  readonly view: CollectorView
  readonly fatal: Promise<ComponentStatus>
  readonly reloadable: boolean
  readonly #options: CollectorOptions
  /** Those of plugins that a reload adds come to it, and nothing leaves it: open spans may still have that profile. */
  readonly #profiles = new Map<string, AssemblyProfile>()
  readonly #clock: Clock
  readonly #id: string = randomUUID()
  readonly #acceptors = new Acceptors()
  readonly #statuses: StatusBook
  readonly #reloads: Reloads
  readonly #taps = new TapDesk(() => this.#current?.parts.pipelines.graph)
  readonly #fail: (status: ComponentStatus) => void
  /** Aborts when the collector is to stop. */
  readonly #closing = new AbortController()
  /** Aborts when nobody wants to wait for the stop any longer. */
  readonly #giveUp = new AbortController()
  #current: Generation | undefined
  #begun: Promise<void> | undefined
  #ready = false
  #shutdown: Promise<ShutdownReport> | undefined

  constructor(options: CollectorOptions) {
    const { load, clock = systemClock } = options
    const fatal = Promise.withResolvers<ComponentStatus>()
    this.fatal = fatal.promise
    this.#fail = fatal.resolve
    this.#options = options
    this.#clock = clock
    this.#statuses = new StatusBook(clock, () => this.logger, fatal.resolve)
    this.#reloads = new Reloads(async () => {
      const performed = await performReload({
        load: async () => {
          if (load === undefined) {
            throw new SpanloomError('NOT_RELOADABLE', 'There is nothing that could be read again.')
          }
          const config = await load()
          await addProfiles(this.#profiles, config.registry)
          return config
        },
        started: this.#begun,
        current: () => this.#generation,
        create: (config) => this.#create(config),
        become: (generation) => void (this.#current = generation),
        measure: ({ around }) => this.#reloads.measure(around.telemetry.metrics.meter),
        fail: this.#fail,
        acceptors: this.#acceptors,
        clock,
        closing: this.#closing.signal,
        giveUp: this.#giveUp.signal,
      })
      this.#taps.follow()
      return performed
    })
    this.reloadable = load !== undefined
    const reload = this.reloadable ? () => this.reload() : undefined
    this.view = collectorView(this.#statuses, () => this.#current, this.#taps, reload)
  }

  async build(): Promise<void> {
    const { config } = this.#options
    const profiled = config.processors.size + config.connectors.size > 0
    if (this.reloadable || profiled) await addProfiles(this.#profiles, config.registry)
    this.#current = await this.#create(config)
    this.#reloads.measure(this.#current.around.telemetry.metrics.meter)
  }

  get config(): CollectorConfig {
    return this.#generation.parts.config
  }

  get logger(): Logger {
    return this.#generation.around.telemetry.logger
  }

  get metricsPorts(): readonly number[] {
    return this.#generation.around.telemetry.metrics.ports
  }

  accounting(): readonly AccountReading[] {
    return this.#generation.accounting()
  }

  start(): Promise<void> {
    this.#begun ??= this.#start()
    return this.#begun
  }

  reload(): Promise<ReloadOutcome> {
    return this.#reloads.request()
  }

  notReady(): void {
    if (!this.#ready) return
    this.#ready = false
    this.#generation.tell('notReady')
  }

  shutdown(signal: AbortSignal): Promise<ShutdownReport> {
    this.#shutdown ??= this.#stop(signal)
    return this.#shutdown
  }

  async #start(): Promise<void> {
    const { build } = this.#options
    logFindings(this.config, this.logger)
    this.#generation.logStability()
    this.logger.info(`Starting ${build.command}...`, {
      Version: build.version,
      NumCPU: availableParallelism(),
    })
    try {
      await this.#generation.start()
    } catch (error) {
      const limit = new AbortController()
      const { shutdownTimeoutMs } = this.config.service
      const timer =
        shutdownTimeoutMs > 0 ? this.#clock.schedule(shutdownTimeoutMs, () => limit.abort()) : undefined
      await this.shutdown(limit.signal)
      timer?.cancel()
      throw error
    }
    this.#ready = true
    this.#generation.tell('ready')
    this.logger.info('Everything is ready. Begin running and processing data.')
  }

  async #stop(signal: AbortSignal): Promise<ShutdownReport> {
    const failures: StopFailure[] = []
    if (signal.aborted) this.#giveUp.abort(signal.reason)
    signal.addEventListener('abort', () => this.#giveUp.abort(signal.reason), { once: true })
    this.#closing.abort()
    if (this.#begun !== undefined) {
      this.logger.info('Starting shutdown...')
      this.notReady()
      await Promise.race([this.#reloads.idle(), this.#graceAfter(signal)])
      failures.push(...(await this.#generation.stopPipelines(signal)))
      // Everything has passed by now; an extension that shows it could not stop before.
      this.#taps.close('shutdown')
      this.logger.info('Stopping extensions...')
      failures.push(...(await this.#generation.stopExtensions(signal)))
    }
    await Promise.race([flush(this.#generation, new AbortController().signal), this.#graceAfter(signal)])
    if (this.#begun !== undefined) this.logger.info('Shutdown complete.')
    this.#generation.around.telemetry.close()
    return { failures, cutShort: signal.aborted }
  }

  get #generation(): Generation {
    if (this.#current === undefined) throw new Error('The collector is not built.')
    return this.#current
  }

  /** @throws StartError or ConfigError naming what cannot be built. */
  async #create(config: CollectorConfig): Promise<Generation> {
    const { build, streams = process, buildOnly = false } = this.#options
    const wanted = telemetrySettings(config.service.telemetry)
    const settings = buildOnly ? muted(wanted) : wanted
    const telemetry = await createOwnTelemetry(settings, build, this.#clock, streams, this.#id)
    try {
      return new Generation(config, {
        build,
        clock: this.#clock,
        telemetry,
        statuses: this.#statuses,
        accounts: new AccountBook(telemetry),
        acceptors: this.#acceptors,
        profiles: this.#profiles,
        boundaries: this.#taps.boundaries,
        view: this.view,
      })
    } catch (error) {
      await telemetry.flush()
      telemetry.close()
      throw error
    }
  }

  async #graceAfter(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    }
    await sleep(this.#clock, graceMs)
  }
}

function muted(settings: TelemetrySettings): TelemetrySettings {
  return {
    ...settings,
    logs: { ...settings.logs, outputPaths: [] },
    metrics: { ...settings.metrics, level: 'none' },
    traces: { processors: [] },
  }
}
