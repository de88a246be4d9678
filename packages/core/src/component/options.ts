import type { Clock } from '../clock/clock.ts'
import type { BoundaryView, TapTarget } from '../tap/tap-target.ts'
import type { Tap } from '../tap/tap.ts'
import type { AccountReading } from '../telemetry/accounting.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import type { StatusEvent } from '../telemetry/status.ts'
import type { TracesConsumer } from './consumer.ts'
import type { AssemblyProfile } from './profile.ts'
import type { ReloadOutcome } from './reload-outcome.ts'

/** Name and version of the running program, for user agents and scopes. */
export interface BuildInfo {
  readonly command: string
  readonly version: string
}

/** What every component is created with. Creating does no I/O and starts no timer (CMP-01). */
export interface ComponentOptions<Config> {
  /** Type and name, such as `otlp_http/backend`. */
  readonly id: string
  readonly config: Config
  readonly telemetry: ComponentTelemetry
  readonly clock: Clock
  readonly build: BuildInfo
}

export interface ReceiverOptions<Config> extends ComponentOptions<Config> {
  readonly next: TracesConsumer
}

export interface ProcessorOptions<Config> extends ComponentOptions<Config> {
  readonly next: TracesConsumer
  /** Assembly profiles of all registered receivers, by name. */
  readonly profiles: ReadonlyMap<string, AssemblyProfile>
  /**
   * One value for all instances of this id in the collector: a processor has an instance for each pipeline
   * that lists it. The first caller makes it.
   */
  readonly shared: <T extends object>(make: () => T) => T
  /** Pipeline of this instance of a processor; absent for connectors, which have one instance for all. */
  readonly pipeline?: string
}

export type ExporterOptions<Config> = ComponentOptions<Config>
export type ConnectorOptions<Config> = ProcessorOptions<Config>

/** State of the whole collector, for extensions that show it. */
export interface CollectorView {
  /** Status of every running component; pipeline components carry their pipelines. */
  components(): readonly ComponentStatus[]
  /** Effective configuration with secrets redacted, as plain data. */
  redactedConfig(): unknown
  /** Calls `listener` on every change of status until the returned function is called. */
  onStatus(listener: (status: ComponentStatus) => void): () => void
  /** The books of every pipeline component (TEL-10). */
  accounting(): readonly AccountReading[]
  /** The pipelines as configured. */
  pipelines(): readonly PipelineView[]
  /** The boundaries between components that can be watched. */
  boundaries(): readonly BoundaryView[]
  /**
   * Watches what passes a boundary, from now on and across reloads. What passes is never slowed by that. Whoever opens
   * a tap closes it; see `watchTap`.
   *
   * @throws SpanloomError `BOUNDARY_UNKNOWN`
   */
  tap(target: TapTarget): Tap
  /**
   * Reads the configuration again and goes over to it, or tells why not; never rejects. Absent where the collector
   * was not told how to read it again.
   */
  readonly reload?: () => Promise<ReloadOutcome>
}

/** One pipeline, by ids. A connector is among the exporters of some and the receivers of others. */
export interface PipelineView {
  readonly id: string
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

export interface ComponentStatus {
  readonly kind: 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension'
  readonly id: string
  /** Pipelines that the instance belongs to; empty for extensions. */
  readonly pipelines: readonly string[]
  readonly status: StatusEvent
}

export interface ExtensionOptions<Config> extends ComponentOptions<Config> {
  readonly collector: CollectorView
}
