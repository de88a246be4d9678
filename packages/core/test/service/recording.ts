import { EventEmitter } from 'node:events'

import {
  createRegistry,
  defineConnector,
  defineExtension,
  defineProcessor,
  defineReceiver,
  entryOf,
  parseConfig,
  type AnyFactory,
  type Component,
  type ComponentKind,
  type ComponentTelemetry,
  type ComponentOptions,
  type Extension,
  type Host,
  type Traces,
  type TracesConsumer,
} from '@spanloom/core'

import type { Clock } from '../../src/clock/clock.ts'
import { factoryOf } from '../../src/component/define.ts'
import type { ExporterOptions } from '../../src/component/options.ts'
import type { CollectorConfig, ComponentConfig, PipelineConfig } from '../../src/config/collector-config.ts'
import { telemetrySchema } from '../../src/config/telemetry-schema.ts'
import { createCollector, type Collector } from '../../src/service/collector.ts'

const noSettings = { type: 'object', properties: {} } as const

/** Standard output or standard error of a test. */
export class RecordedStream extends EventEmitter {
  text = ''
  write(text: string): boolean {
    this.text += text
    this.emit('line')
    return true
  }
  get lines(): string[] {
    return this.text.split('\n').slice(0, -1)
  }
  /** Messages of the console lines. */
  get messages(): string[] {
    return this.lines.map((line) => line.split('\t')[3] ?? '')
  }
}

/** What one recorded component does when it is started, stopped or handed data. */
export interface Behaviour {
  start?(host: Host, settings: unknown): Promise<void> | void
  shutdown?(signal: AbortSignal, settings: unknown): Promise<void> | void
  create?(): void
  ready?(): void
  notReady?(): void
  /** Ids that an extension depends on. */
  dependencies?: readonly string[]
}

/** What a test looks at. */
export interface Recording {
  readonly events: string[]
  /** `next` of receivers, processors and connectors, by id. */
  readonly next: Map<string, TracesConsumer>
  readonly telemetry: Map<string, ComponentTelemetry>
  readonly behaviours: Map<string, Behaviour>
  /** What an exporter or processor does with data, by id; default: take it, hand it on. */
  readonly consumers: Map<string, TracesConsumer['consumeTraces']>
  /** How many instances of an id were created. */
  created(id: string): number
  /** All instances of an id, the oldest first. */
  instances(id: string): readonly RecordedInstance[]
}

/** One instance of a recorded component. */
export interface RecordedInstance {
  readonly settings: unknown
  readonly next: TracesConsumer | undefined
  readonly telemetry: ComponentTelemetry
  /** What it was handed and took. */
  readonly taken: readonly Traces[]
  readonly state: 'created' | 'started' | 'stopped'
}

/** Factories of all kinds, of type `rec`, that record what happens to them. */
export function recordingFactories(): { recording: Recording; factories: Factories } {
  const made = new Map<string, RecordedInstance[]>()
  const recording: Recording = {
    events: [],
    next: new Map(),
    telemetry: new Map(),
    behaviours: new Map(),
    consumers: new Map(),
    created: (id) => made.get(id)?.length ?? 0,
    instances: (id) => made.get(id) ?? [],
  }
  const part = (
    { id, telemetry, config }: Pick<ComponentOptions<unknown>, 'id' | 'telemetry' | 'config'>,
    next?: TracesConsumer,
  ): Component & TracesConsumer => {
    const behaviour = (): Behaviour => recording.behaviours.get(id) ?? {}
    behaviour().create?.()
    const taken: Traces[] = []
    const instance = {
      settings: config,
      next,
      telemetry,
      taken,
      state: 'created' as RecordedInstance['state'],
    }
    made.set(id, [...(made.get(id) ?? []), instance])
    recording.telemetry.set(id, telemetry)
    if (next !== undefined) recording.next.set(id, next)
    return {
      async start(host) {
        recording.events.push(`start ${id}`)
        await behaviour().start?.(host, config)
        instance.state = 'started'
      },
      async shutdown(signal) {
        recording.events.push(`stop ${id}`)
        await behaviour().shutdown?.(signal, config)
        instance.state = 'stopped'
      },
      async consumeTraces(traces, context) {
        const consume = recording.consumers.get(id)
        if (consume !== undefined) await consume(traces, context)
        else await next?.consumeTraces(traces, context)
        taken.push(traces)
      },
    }
  }
  const definition = { type: 'rec', stability: 'beta', schema: noSettings } as const
  const exporter = (overlaps: boolean): AnyFactory =>
    factoryOf('exporter', { ...definition, overlaps }, (options: ExporterOptions<unknown>) => part(options))
  return {
    recording,
    factories: {
      receiver: defineReceiver({
        ...definition,
        overlaps: true,
        create: (options) => part(options, options.next),
      }),
      processor: defineProcessor({ ...definition, create: (options) => part(options, options.next) }),
      connector: defineConnector({ ...definition, create: (options) => part(options, options.next) }),
      exporter: exporter(true),
      exclusive: exporter(false),
      extension: defineExtension({
        ...definition,
        create: (options): Extension => ({
          ...part(options),
          dependencies: recording.behaviours.get(options.id)?.dependencies ?? [],
          ready() {
            recording.events.push(`ready ${options.id}`)
            recording.behaviours.get(options.id)?.ready?.()
          },
          notReady() {
            recording.events.push(`notReady ${options.id}`)
            recording.behaviours.get(options.id)?.notReady?.()
          },
        }),
      }),
    },
  }
}

/** Factories by kind, and one of exporters beside which no other instance may run. */
export type Factories = Readonly<Record<ComponentKind | 'exclusive', AnyFactory>>

/** The parts of a configuration that a test names; ids are free, all components are of type `rec`. */
export interface TestConfig {
  readonly pipelines: Readonly<
    Record<
      string,
      { receivers: readonly string[]; processors?: readonly string[]; exporters: readonly string[] }
    >
  >
  readonly connectors?: readonly string[]
  readonly extensions?: readonly string[]
  /** Settings by id; those of the others are empty. */
  readonly settings?: Readonly<Record<string, object>>
  /** Ids of exporters beside which no other instance may run. */
  readonly exclusive?: readonly string[]
  readonly telemetry?: unknown
  readonly shutdownTimeoutMs?: number
  readonly shutdownDelayMs?: number
}

/** A checked configuration, as the loader would make it. */
export function testConfig(config: TestConfig, factories: Factories): CollectorConfig {
  const pipelines = Object.entries(config.pipelines).map(
    ([id, { receivers, processors = [], exporters }]): [string, PipelineConfig] => [
      id,
      { id, receivers, processors, exporters },
    ],
  )
  const connectors = new Set(config.connectors)
  const section = (kind: ComponentKind, ids: Iterable<string>): ReadonlyMap<string, ComponentConfig> =>
    new Map(
      [...new Set(ids)]
        .filter((id) => kind === 'connector' || !connectors.has(id))
        .map((id): [string, ComponentConfig] => {
          const settings = config.settings?.[id] ?? {}
          const factory = factories[config.exclusive?.includes(id) ? 'exclusive' : kind]
          return [id, { kind, id, type: 'rec', factory, config: settings, raw: settings, redacted: {} }]
        }),
    )
  return {
    registry: createRegistry(
      Object.entries(factories).flatMap(([name, factory]) => (name === 'exclusive' ? [] : entryOf(factory))),
    ),
    plugins: [],
    receivers: section(
      'receiver',
      pipelines.flatMap(([, { receivers }]) => receivers),
    ),
    processors: section(
      'processor',
      pipelines.flatMap(([, { processors }]) => processors),
    ),
    exporters: section(
      'exporter',
      pipelines.flatMap(([, { exporters }]) => exporters),
    ),
    connectors: section('connector', connectors),
    extensions: section('extension', config.extensions ?? []),
    service: {
      extensions: config.extensions ?? [],
      pipelines: new Map(pipelines),
      telemetry: parseConfig(telemetrySchema, config.telemetry ?? { metrics: { level: 'none' } }),
      shutdownTimeoutMs: config.shutdownTimeoutMs ?? 30_000,
      shutdownDelayMs: config.shutdownDelayMs ?? 0,
      raw: config,
      redacted: {},
    },
    warnings: [],
    notices: [],
    sources: [],
    tests: [],
  }
}

/** A built collector of recorded components. */
export interface TestCollector extends Recording {
  readonly collector: Collector
  readonly config: CollectorConfig
  readonly stderr: RecordedStream
  /** Makes `reload` find this configuration, or this fault. */
  change(next: TestConfig | Error): void
  /** How often the configuration was loaded again. */
  loads(): number
}

/** Builds a collector; `prepare` may set behaviours before anything is created. */
export async function testCollector(
  settings: TestConfig,
  { clock, prepare }: { clock?: Clock; prepare?: (recording: Recording) => void } = {},
): Promise<TestCollector> {
  const { recording, factories } = recordingFactories()
  prepare?.(recording)
  const stderr = new RecordedStream()
  const config = testConfig(settings, factories)
  let next: CollectorConfig | Error = config
  let loads = 0
  const collector = await createCollector({
    config,
    build: { command: 'spanloom', version: '0.0.0-test' },
    clock,
    streams: { stdout: new RecordedStream(), stderr, env: {} },
    load() {
      loads++
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
    },
  })
  return {
    ...recording,
    collector,
    config,
    stderr,
    loads: () => loads,
    change: (wanted) => void (next = wanted instanceof Error ? wanted : testConfig(wanted, factories)),
  }
}
