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
  type Extension,
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
  start?(): Promise<void> | void
  shutdown?(signal: AbortSignal): Promise<void> | void
  create?(): void
  ready?(): void
  notReady?(): void
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
}

/** Factories of all kinds, of type `rec`, that record what happens to them. */
export function recordingFactories(): { recording: Recording; factories: Record<ComponentKind, AnyFactory> } {
  const created = new Map<string, number>()
  const recording: Recording = {
    events: [],
    next: new Map(),
    telemetry: new Map(),
    behaviours: new Map(),
    consumers: new Map(),
    created: (id) => created.get(id) ?? 0,
  }
  const part = (
    id: string,
    telemetry: ComponentTelemetry,
    next?: TracesConsumer,
  ): Component & TracesConsumer => {
    const behaviour = (): Behaviour => recording.behaviours.get(id) ?? {}
    behaviour().create?.()
    created.set(id, recording.created(id) + 1)
    recording.telemetry.set(id, telemetry)
    if (next !== undefined) recording.next.set(id, next)
    return {
      async start() {
        recording.events.push(`start ${id}`)
        await behaviour().start?.()
      },
      async shutdown(signal) {
        recording.events.push(`stop ${id}`)
        await behaviour().shutdown?.(signal)
      },
      async consumeTraces(traces, context) {
        const consume = recording.consumers.get(id)
        if (consume !== undefined) await consume(traces, context)
        else await next?.consumeTraces(traces, context)
      },
    }
  }
  const definition = { type: 'rec', stability: 'beta', schema: noSettings } as const
  return {
    recording,
    factories: {
      receiver: defineReceiver({
        ...definition,
        create: ({ id, telemetry, next }) => part(id, telemetry, next),
      }),
      processor: defineProcessor({
        ...definition,
        create: ({ id, telemetry, next }) => part(id, telemetry, next),
      }),
      connector: defineConnector({
        ...definition,
        create: ({ id, telemetry, next }) => part(id, telemetry, next),
      }),
      exporter: factoryOf('exporter', definition, ({ id, telemetry }: ExporterOptions<unknown>) =>
        part(id, telemetry),
      ),
      extension: defineExtension({
        ...definition,
        create: ({ id, telemetry }): Extension => ({
          ...part(id, telemetry),
          ready() {
            recording.events.push(`ready ${id}`)
            recording.behaviours.get(id)?.ready?.()
          },
          notReady() {
            recording.events.push(`notReady ${id}`)
            recording.behaviours.get(id)?.notReady?.()
          },
        }),
      }),
    },
  }
}

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
  readonly telemetry?: unknown
  readonly shutdownTimeoutMs?: number
  readonly shutdownDelayMs?: number
}

/** A checked configuration, as the loader would make it. */
export function testConfig(
  config: TestConfig,
  factories: Record<ComponentKind, AnyFactory>,
): CollectorConfig {
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
        .map((id): [string, ComponentConfig] => [
          id,
          { kind, id, type: 'rec', factory: factories[kind], config: {}, raw: {}, redacted: {} },
        ]),
    )
  return {
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
      raw: {},
      redacted: {},
    },
    warnings: [],
    notices: [],
    sources: [],
  }
}

/** A built collector of recorded components. */
export interface TestCollector extends Recording {
  readonly collector: Collector
  readonly config: CollectorConfig
  readonly stderr: RecordedStream
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
  const collector = await createCollector({
    config,
    registry: createRegistry(Object.values(factories).map((factory) => entryOf(factory))),
    build: { command: 'spanloom', version: '0.0.0-test' },
    clock,
    streams: { stdout: new RecordedStream(), stderr, env: {} },
  })
  return { ...recording, collector, config, stderr }
}
