import type { Tracer } from '@opentelemetry/api'

import type { Clock } from '../clock/clock.ts'
import type { Component, ComponentKind } from '../component/component.ts'
import type { TracesConsumer } from '../component/consumer.ts'
import type { AnyFactory } from '../component/define.ts'
import type { BuildInfo, ProcessorOptions } from '../component/options.ts'
import type { AssemblyProfile } from '../component/profile.ts'
import { messageOf, SpanloomError, StartError } from '../errors/errors.ts'
import type { Account, AccountOwner } from '../telemetry/accounting.ts'
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
import { fanOut } from './fan-out.ts'
import type { Graph, GraphNode } from './graph.ts'
import { exporterSpan, processorSpan, receiverSpan, traced, type StageSpan } from './trace-edge.ts'

/** A component of the configuration, ready to be instantiated. */
export interface ComponentSpec {
  readonly factory: AnyFactory
  /** The parsed config. */
  readonly config: unknown
}

/** What an instance tells about itself, and its account. */
export interface InstanceTelemetry extends ComponentTelemetry {
  readonly accounting: Account
}

/** What the pipelines are built from. */
export interface BuildInput {
  readonly graph: Graph
  readonly clock: Clock
  readonly build: BuildInfo
  readonly instruments: PipelineInstruments
  /** The collector's own tracer, where its own traces are on. */
  readonly tracer: Tracer | undefined
  readonly profiles: ReadonlyMap<string, AssemblyProfile>
  component(kind: ComponentKind, id: string): ComponentSpec
  telemetryOf(owner: AccountOwner): InstanceTelemetry
  /** Instances that go on living, by node key; they are wired in as they are. */
  readonly kept?: ReadonlyMap<string, Instance>
}

/** One component that was created, with what stands in front of it. */
export interface Instance {
  readonly node: GraphNode
  readonly component: Component
  readonly account: Account
  readonly telemetry: InstanceTelemetry
  /** Where its data comes in, counted; a receiver has no such side. */
  readonly entry: TracesConsumer | undefined
}

/**
 * Creates every instance of the graph, downstream first, and wires them. Nothing is started (CMP-01).
 *
 * @throws StartError naming the component that could not be created.
 */
export function buildInstances(input: BuildInput): ReadonlyMap<string, Instance> {
  const instances = new Map<string, Instance>()
  const shared = new Map<string, object>()
  for (const node of input.graph.startOrder) {
    const kept = input.kept?.get(node.key)
    instances.set(node.key, kept ?? buildInstance(node, input, nextOf(node, instances), shared))
  }
  return instances
}

/** Says which component could not be created, in one sentence with the reason. */
export function createError(kind: ComponentKind, id: string, error: unknown): StartError {
  const hint = error instanceof SpanloomError ? error.hint : undefined
  return new StartError('CREATE_FAILED', `failed to create "${id}" ${kind}: ${messageOf(error)}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  })
}

function nextOf(node: GraphNode, instances: ReadonlyMap<string, Instance>): TracesConsumer {
  return fanOut(
    node.next.map((key) => {
      const entry = instances.get(key)?.entry
      if (entry === undefined) throw new Error(`The graph names ${key} before it exists.`)
      return entry
    }),
  )
}

function buildInstance(
  node: GraphNode,
  input: BuildInput,
  next: TracesConsumer,
  shared: Map<string, object>,
): Instance {
  const { kind, id } = node
  const { factory, config } = input.component(kind, id)
  const telemetry = input.telemetryOf({ kind, id, pipelines: node.pipelines })
  const account = telemetry.accounting
  const edge: EdgeTelemetry = { account, instruments: input.instruments, clock: input.clock }
  const options = { id, config, telemetry, clock: input.clock, build: input.build }
  const made = (component: Component, entry?: TracesConsumer): Instance => ({
    node,
    component,
    account,
    telemetry,
    entry,
  })
  const withSpan = (stage: TracesConsumer, span: StageSpan): TracesConsumer =>
    input.tracer === undefined ? stage : traced(stage, span, input.tracer)
  const step = (edges: ProcessorEdges): ProcessorOptions<unknown> => ({
    ...options,
    next: edges.outgoing(next),
    profiles: input.profiles,
    shared: (make) => sharedOf(shared, `${kind}:${id}`, make),
  })
  try {
    switch (factory.kind) {
      case 'receiver': {
        announceReceiver(edge, factory.transports?.(config) ?? [])
        const counted = withSpan(afterReceiver(edge, next), receiverSpan(id))
        return made(factory.create({ ...options, next: counted }))
      }
      case 'processor': {
        const edges = processorEdges(edge)
        const processor = factory.create(step(edges))
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
    throw createError(kind, id, error)
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
