import type { Clock } from '../clock/clock.ts'
import type { Host } from '../component/component.ts'
import type { ComponentKind } from '../component/component.ts'
import type { TracesConsumer } from '../component/consumer.ts'
import type { Factory } from '../component/define.ts'
import type { Extension } from '../component/extension.ts'
import type { CollectorView, ComponentOptions } from '../component/options.ts'
import type { AssemblyProfile } from '../component/profile.ts'
import { ConfigError, type ConfigIssue } from '../errors/config-error.ts'
import { checkConfig } from '../schema/check-config.ts'
import { fakeClock } from './fake-clock.ts'
import { testTelemetry, type TestTelemetry } from './telemetry.ts'
import { testTaps } from './test-taps.ts'
import { TracesSink } from './traces-sink.ts'

/** What a test may choose when it makes a component; the rest has defaults. */
export interface CreateOptions {
  /** Default: the type of the factory. */
  readonly id?: string
  /** Default: a fake clock at 0. */
  readonly clock?: Clock
  /** Default: a new `TracesSink`. Not used by exporters and extensions. */
  readonly next?: TracesConsumer
  readonly telemetry?: TestTelemetry
  readonly profiles?: ReadonlyMap<string, AssemblyProfile>
  readonly collector?: CollectorView
}

/** Everything that any kind of component is created with. */
export interface TestOptions extends ComponentOptions<unknown> {
  readonly telemetry: TestTelemetry
  readonly next: TracesConsumer
  readonly profiles: ReadonlyMap<string, AssemblyProfile>
  readonly shared: <T extends object>(make: () => T) => T
  readonly collector: CollectorView
}

const emptyView: CollectorView = {
  components: () => [],
  redactedConfig: () => ({}),
  onStatus: () => () => undefined,
  accounting: () => [],
  pipelines: () => [],
  ...testTaps(),
}

/** Options for a component of any kind. */
export function testOptions(id: string, config: unknown, options: CreateOptions = {}): TestOptions {
  return {
    id: options.id ?? id,
    config,
    clock: options.clock ?? fakeClock(),
    build: { command: 'spanloom-test', version: '0.0.0' },
    telemetry: options.telemetry ?? testTelemetry(),
    next: options.next ?? new TracesSink(),
    profiles: options.profiles ?? new Map(),
    shared: (make) => make(),
    collector: options.collector ?? emptyView,
  }
}

/**
 * Makes a component of `factory` as the collector would: settings are parsed with its schema and checked.
 *
 * @throws ConfigError when the settings are at fault.
 */
export function createComponent<Instance>(
  factory: Factory<ComponentKind, TestOptions, Instance>,
  config: unknown,
  options: CreateOptions = {},
): Instance {
  const checked = checkConfig(factory.schema, config)
  if (checked.issues.length > 0) throw new ConfigError(checked.issues)
  const issues: ConfigIssue[] = []
  factory.validate(checked.config, (path, message, suggestion) =>
    issues.push({ code: 'invalid', path, message, ...(suggestion === undefined ? {} : { suggestion }) }),
  )
  if (issues.length > 0) throw new ConfigError(issues)
  return factory.create(testOptions(factory.type, checked.config, options))
}

/** A host whose extensions a test names. */
export function testHost(extensions: Readonly<Record<string, Extension>> = {}): Host {
  const byId = new Map(Object.entries(extensions))
  return { extension: (id) => byId.get(id) }
}
