import { availableParallelism } from 'node:os'

import { sleep, systemClock, type Clock } from '../clock/clock.ts'
import type { BuildInfo, CollectorView, ComponentStatus } from '../component/options.ts'
import type { AssemblyProfile } from '../component/profile.ts'
import type { Registry } from '../component/registry.ts'
import type { CollectorConfig } from '../config/collector-config.ts'
import type { ConfigIssue } from '../errors/config-error.ts'
import type { AccountReading } from '../telemetry/accounting.ts'
import type { OutputStreams } from '../telemetry/log-output.ts'
import type { Logger } from '../telemetry/logger.ts'
import { redactedConfig } from './config-views.ts'
import { ExtensionSet } from './extension-set.ts'
import type { StopFailure } from './lifecycle.ts'
import { createOwnTelemetry, type OwnTelemetry, type TelemetrySettings } from './own-telemetry.ts'
import { PipelineSet, type Surroundings } from './pipeline-set.ts'
import { loadProfiles } from './profiles.ts'
import { StatusBook } from './status-book.ts'
import { telemetrySettings } from './telemetry-settings.ts'

/** What a collector is made of. */
export interface CollectorOptions {
  readonly config: CollectorConfig
  readonly registry: Registry
  readonly build: BuildInfo
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined
  /** Where logs go. Default: those of the process. */
  readonly streams?: OutputStreams | undefined
  /** For a collector that will never be started: logs nothing and sends nothing of itself. */
  readonly buildOnly?: boolean | undefined
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
}

/** How long own metrics and traces may take to be sent once nobody wants to wait any more. */
const flushGraceMs = 500

/**
 * Builds own telemetry, all pipelines and all extensions. Nothing is started and no port is opened, so
 * this is also what `validate` does (CLI-02).
 *
 * @throws StartError or ConfigError naming what cannot be built.
 */
export async function createCollector({
  config,
  registry,
  build,
  clock = systemClock,
  streams = process,
  buildOnly = false,
}: CollectorOptions): Promise<Collector> {
  const wanted = telemetrySettings(config.service.telemetry)
  const settings = buildOnly ? muted(wanted) : wanted
  const profiled = config.processors.size + config.connectors.size > 0
  const [telemetry, profiles] = await Promise.all([
    createOwnTelemetry(settings, build, clock, streams),
    profiled ? loadProfiles(registry) : new Map<string, AssemblyProfile>(),
  ])
  try {
    return new BuiltCollector({ config, build, clock, telemetry }, profiles)
  } catch (error) {
    await telemetry.flush()
    telemetry.close()
    throw error
  }
}

class BuiltCollector implements Collector {
  readonly logger: Logger
  readonly view: CollectorView
  readonly fatal: Promise<ComponentStatus>
  readonly #around: Surroundings
  readonly #telemetry: OwnTelemetry
  readonly #pipelines: PipelineSet
  readonly #extensions: ExtensionSet
  #begun = false
  #ready = false
  #shutdown: Promise<ShutdownReport> | undefined

  constructor(parts: Omit<Surroundings, 'statuses'>, profiles: ReadonlyMap<string, AssemblyProfile>) {
    const { config, clock, telemetry } = parts
    const fatal = Promise.withResolvers<ComponentStatus>()
    this.fatal = fatal.promise
    this.logger = telemetry.logger
    this.#telemetry = telemetry
    const statuses = new StatusBook(clock, this.logger, fatal.resolve)
    this.#around = { ...parts, statuses }
    this.view = {
      components: () => statuses.list(),
      redactedConfig: () => redactedConfig(config),
      onStatus: (listener) => statuses.listen(listener),
    }
    this.#pipelines = new PipelineSet(this.#around, profiles)
    this.#extensions = new ExtensionSet(this.#around, this.view)
  }

  get metricsPorts(): readonly number[] {
    return this.#telemetry.metrics.ports
  }

  accounting(): readonly AccountReading[] {
    return this.#pipelines.accounting()
  }

  async start(): Promise<void> {
    const { build, config, clock } = this.#around
    this.#begun = true
    for (const issue of config.warnings) this.logger.warn(issue.message, placeOf(issue))
    for (const issue of config.notices) this.logger.info(issue.message, placeOf(issue))
    this.#pipelines.logStability(this.#around)
    this.logger.info(`Starting ${build.command}...`, {
      Version: build.version,
      NumCPU: availableParallelism(),
    })
    try {
      await this.#telemetry.metrics.start()
      await this.#extensions.start()
      await this.#pipelines.start(this.#extensions)
    } catch (error) {
      const limit = new AbortController()
      const { shutdownTimeoutMs } = config.service
      const timer = shutdownTimeoutMs > 0 ? clock.schedule(shutdownTimeoutMs, () => limit.abort()) : undefined
      await this.shutdown(limit.signal)
      timer?.cancel()
      throw error
    }
    this.#ready = true
    this.#extensions.tell('ready')
    this.logger.info('Everything is ready. Begin running and processing data.')
  }

  notReady(): void {
    if (!this.#ready) return
    this.#ready = false
    this.#extensions.tell('notReady')
  }

  shutdown(signal: AbortSignal): Promise<ShutdownReport> {
    this.#shutdown ??= this.#stop(signal)
    return this.#shutdown
  }

  async #stop(signal: AbortSignal): Promise<ShutdownReport> {
    const failures: StopFailure[] = []
    if (this.#begun) {
      this.logger.info('Starting shutdown...')
      this.notReady()
      failures.push(...(await this.#pipelines.stop(signal)))
      this.logger.info('Stopping extensions...')
      failures.push(...(await this.#extensions.stop(signal)))
    }
    await Promise.race([this.#telemetry.flush(), this.#afterAbort(signal)])
    if (this.#begun) this.logger.info('Shutdown complete.')
    this.#telemetry.close()
    return { failures, cutShort: signal.aborted }
  }

  async #afterAbort(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    }
    await sleep(this.#around.clock, flushGraceMs)
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

function placeOf({ source, line, column, path }: ConfigIssue): Readonly<Record<string, unknown>> {
  return { ...(path.length === 0 ? {} : { path: path.join('::') }), source, line, column }
}
