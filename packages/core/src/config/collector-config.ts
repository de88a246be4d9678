import type { ComponentKind } from '../component/component.ts'
import type { AnyFactory } from '../component/define.ts'
import type { Registry } from '../component/registry.ts'
import type { ConfigIssue } from '../errors/config-error.ts'
import type { TelemetryConfig } from './telemetry-schema.ts'
import type { TestsConfig } from './tests-schema.ts'

/** One configured component, whether or not a pipeline uses it. */
export interface ComponentConfig {
  readonly kind: ComponentKind
  /** Id as configured, such as `otlphttp/backend`, without white space around its parts. */
  readonly id: string
  /** Type of the factory; differs from the type in the id where that is an alias. */
  readonly type: string
  readonly factory: AnyFactory
  /** Package, place and position in the file of a component that is not built in; for messages. */
  readonly plugin?: string
  /** Parsed settings for `factory.create`. */
  readonly config: unknown
  /** Effective settings in the form of a file; two components with equal `raw` behave alike. */
  readonly raw: unknown
  /** `raw` without secrets. */
  readonly redacted: unknown
}

/** One pipeline; a connector is among the exporters of some and the receivers of others. */
export interface PipelineConfig {
  readonly id: string
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

/** The `service` section. */
export interface ServiceConfig {
  /** Ids in the order in which they start. */
  readonly extensions: readonly string[]
  readonly pipelines: ReadonlyMap<string, PipelineConfig>
  readonly telemetry: TelemetryConfig
  /** 0 means no limit (SIG-05). */
  readonly shutdownTimeoutMs: number
  /** How long to keep serving after a stop signal (SIG-06). */
  readonly shutdownDelayMs: number
  /** Effective settings in the form of a file. */
  readonly raw: unknown
  /** `raw` without secrets. */
  readonly redacted: unknown
}

/** A checked configuration. */
export interface CollectorConfig {
  /** All components that it could have named: what is built in, and the plugins that were found for it. */
  readonly registry: Registry
  /** What `plugins:` lists, as written. */
  readonly plugins: readonly string[]
  readonly receivers: ReadonlyMap<string, ComponentConfig>
  readonly processors: ReadonlyMap<string, ComponentConfig>
  readonly exporters: ReadonlyMap<string, ComponentConfig>
  readonly connectors: ReadonlyMap<string, ComponentConfig>
  readonly extensions: ReadonlyMap<string, ComponentConfig>
  readonly service: ServiceConfig
  /** Payloads and the spans that must come of them, for `spanloom test`. */
  readonly tests: TestsConfig
  /** What works but deserves a look, each with its position. */
  readonly warnings: readonly ConfigIssue[]
  /** What is worth a line at info level, such as variables that are set but empty (CFG-53). */
  readonly notices: readonly ConfigIssue[]
  /** Paths of the files that were read, for watching. */
  readonly sources: readonly string[]
}
