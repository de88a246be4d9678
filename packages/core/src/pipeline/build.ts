import type { Tracer } from '@opentelemetry/api'

import type { Clock } from '../clock/clock.ts'
import type { Component, ComponentKind } from '../component/component.ts'
import type { TracesConsumer } from '../component/consumer.ts'
import type { AnyFactory } from '../component/define.ts'
import type { BuildInfo, ProcessorOptions } from '../component/options.ts'
import type { AssemblyProfile } from '../component/profile.ts'
import { hintFor, messageOf, StartError } from '../errors/errors.ts'
import type { Boundaries } from '../tap/boundary.ts'
import type { Account } from '../telemetry/accounting.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import type { PipelineInstruments } from '../telemetry/instruments.ts'
import {
  afterReceiver,
  announceReceiver,
  beforeExporter,
  connectorEdges,
  processorEdges,
  type EdgeTelemetry,
  type ProcessorEdges,
} from './edges.ts'
import { Junction } from './fan-out.ts'
import type { GraphNode } from './graph.ts'
import { Entry } from './port.ts'
import { exporterSpan, processorSpan, receiverSpan, traced, type StageSpan } from './trace-edge.ts'

/** A component of the configuration, ready to be instantiated. */
export interface ComponentSpec {
  readonly factory: AnyFactory
  /** The parsed config. */
  readonly config: unknown
  /** Whose component it is, if it is not built in. */
  readonly plugin?: string
}

/** What an instance tells about itself, and the account of its component. */
export interface InstanceTelemetry extends ComponentTelemetry {
  readonly account: Account
}

/** What instances are built with. */
export interface BuildInput {
  readonly clock: Clock
  readonly build: BuildInfo
  readonly instruments: PipelineInstruments
  /** The collector's own tracer, where its own traces are on. */
  readonly tracer: Tracer | undefined
  readonly profiles: ReadonlyMap<string, AssemblyProfile>
  /** Values that the instances of one processor id share, by kind and id. */
  readonly shared: Map<string, object>
  /** Where what passes can be watched. */
  readonly boundaries: Boundaries
}

/** One component that was created, with what stands in front of it and behind it. */
export interface Instance {
  readonly node: GraphNode
  readonly component: Component
  /** The component where it takes data, not counted. */
  readonly consumer: TracesConsumer | undefined
  /** Where its data comes in, counted; a receiver has no such side. */
  readonly entry: Entry | undefined
  /** Where its data goes; not connected yet. */
  readonly next: Junction
}

/** Says which component could not be created, in one sentence with the reason. */
export function createError(
  kind: ComponentKind,
  id: string,
  error: unknown,
  plugin: string | undefined,
): StartError {
  return new StartError('CREATE_FAILED', `failed to create "${id}" ${kind}: ${messageOf(error)}`, {
    cause: error,
    ...hintFor(error, plugin),
  })
}

/**
 * Creates one instance; neither is it started (CMP-01) nor wired.
 *
 * @throws StartError naming the component that could not be created.
 */
export function buildInstance(
  node: GraphNode,
  { factory, config, plugin }: ComponentSpec,
  telemetry: InstanceTelemetry,
  input: BuildInput,
): Instance {
  const { kind, id, key } = node
  const { account } = telemetry
  const next = new Junction([], input.boundaries.of(key, 'output'))
  const edge: EdgeTelemetry = { account, instruments: input.instruments, clock: input.clock }
  const options = { id, config, telemetry, clock: input.clock, build: input.build }
  const receiver = (component: Component): Instance => ({
    node,
    component,
    consumer: undefined,
    entry: undefined,
    next,
  })
  const made = (component: Component & TracesConsumer, stage: TracesConsumer): Instance => ({
    node,
    component,
    consumer: component,
    entry: new Entry(stage, input.boundaries.of(key, 'input')),
    next,
  })
  const withSpan = (stage: TracesConsumer, span: StageSpan): TracesConsumer =>
    input.tracer === undefined ? stage : traced(stage, span, input.tracer)
  const step = (edges: ProcessorEdges): ProcessorOptions<unknown> => ({
    ...options,
    next: edges.outgoing(next),
    profiles: input.profiles,
    shared: (make) => sharedOf(input.shared, `${kind}:${id}`, make),
  })
  try {
    switch (factory.kind) {
      case 'receiver': {
        announceReceiver(edge, factory.transports?.(config) ?? [])
        const counted = withSpan(afterReceiver(edge, next), receiverSpan(id))
        return receiver(factory.create({ ...options, next: counted }))
      }
      case 'processor': {
        const edges = processorEdges(edge)
        const [pipeline] = node.pipelines
        const own = pipeline === undefined ? {} : { pipeline }
        const processor = factory.create({ ...step(edges), ...own })
        return made(processor, withSpan(edges.incoming(processor), processorSpan(id)))
      }
      case 'connector': {
        const edges = connectorEdges(edge)
        const connector = factory.create(step(edges))
        return made(connector, edges.incoming(connector))
      }
      case 'exporter': {
        const exporter = factory.create(options)
        return made(exporter, withSpan(beforeExporter(edge, exporter), exporterSpan(id)))
      }
      case 'extension':
        throw new Error('An extension belongs to no pipeline.')
    }
  } catch (error) {
    throw createError(kind, id, error, plugin)
  }
}

/** The value is made by the same factory that asks for it again, so it has the type that it asks for. */
function sharedOf<T extends object>(values: Map<string, object>, key: string, make: () => T): T {
  const found = values.get(key)
  if (found !== undefined) return found as T
  const value = make()
  values.set(key, value)
  return value
}
