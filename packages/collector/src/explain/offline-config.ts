import {
  type AnyFactory,
  type CollectorConfig,
  type Component,
  type ComponentConfig,
  type ComponentOptions,
  type ExporterOptions,
  type Extension,
  type ExtensionOptions,
  type Host,
  MemoryStorage,
  type ProcessorOptions,
  type ReceiverOptions,
  type TracesConsumer,
} from '@spanloom/core'

import { observed, observedTelemetry } from './observed.ts'
import type { Outside } from './outside.ts'
import type { Place, Recorder } from './recorder.ts'
import type { Timeline } from './timeline.ts'

/** What the components of a trial live in. */
export interface Surroundings {
  readonly timeline: Timeline
  readonly recorder: Recorder
  /** The world outside of one component; the same for each call with the same place. */
  readonly outsideOf: (place: Place) => Outside
  /** Receivers that get something; the others do nothing. */
  readonly fed: ReadonlySet<string>
  /** Where storages are kept, for who wants to look into them. */
  readonly storages: MemoryStorage[]
  /** Whether everybody who sends is who they say. */
  readonly trusting: boolean
}

/** Timers of a component, whatever pipeline it is in, are known by this name. */
export const ownerOf = ({ kind, id }: Place): string => `${kind}:${id}`

/**
 * The configuration with components that are the real ones, but touch nothing outside: exporters only write down what
 * they get, storages are in memory, and what only serves people and probes does nothing.
 */
export function offlineConfig(config: CollectorConfig, around: Surroundings): CollectorConfig {
  const all = (components: ReadonlyMap<string, ComponentConfig>): ReadonlyMap<string, ComponentConfig> =>
    new Map(
      [...components].map(([id, component]) => [
        id,
        { ...component, factory: offlineFactory(component.factory, around) },
      ]),
    )
  return {
    ...config,
    receivers: all(config.receivers),
    processors: all(config.processors),
    exporters: all(config.exporters),
    connectors: all(config.connectors),
    extensions: all(config.extensions),
  }
}

const idle: Component = { start: () => Promise.resolve(), shutdown: () => Promise.resolve() }

function offlineFactory(factory: AnyFactory, around: Surroundings): AnyFactory {
  const { recorder } = around
  switch (factory.kind) {
    case 'receiver':
      return {
        ...factory,
        create(options: ReceiverOptions<unknown>) {
          const place = { kind: 'receiver', id: options.id } as const
          if (!around.fed.has(options.id)) return idle
          const next = observed(options.next, place, 'out', recorder)
          const receiver = factory.create({ ...options, ...given(options, place, around), next })
          return insulated(receiver, place, around)
        },
      }
    case 'processor':
    case 'connector':
      return {
        ...factory,
        create(options: ProcessorOptions<unknown>) {
          const { pipeline } = options
          const place = {
            kind: factory.kind,
            id: options.id,
            ...(pipeline === undefined ? {} : { pipeline }),
          }
          const next = observed(options.next, place, 'out', recorder)
          const stage = factory.create({ ...options, ...given(options, place, around), next })
          return { ...insulated(stage, place, around), ...observed(stage, place, 'in', recorder) }
        },
      }
    case 'exporter':
      return {
        ...factory,
        create({ id }: ExporterOptions<unknown>) {
          const taker: TracesConsumer = { consumeTraces: () => Promise.resolve() }
          return { ...idle, ...observed(taker, { kind: 'exporter', id }, 'in', recorder) }
        },
      }
    case 'extension':
      return {
        ...factory,
        create(options: ExtensionOptions<unknown>) {
          const place = { kind: 'extension', id: options.id } as const
          const extension = factory.create({ ...options, ...given(options, place, around) })
          return harmless(extension, place, around)
        },
      }
  }
}

function given(
  { telemetry }: ComponentOptions<unknown>,
  place: Place,
  { timeline, recorder }: Surroundings,
): Pick<ComponentOptions<unknown>, 'telemetry' | 'clock'> {
  return {
    telemetry: observedTelemetry(telemetry, place, recorder),
    clock: timeline.clock(ownerOf(place)),
  }
}

/** The component, which meets only what stands for the outside. */
function insulated(component: Component, place: Place, { outsideOf }: Surroundings): Component {
  return {
    start(host) {
      const outside = outsideOf(place)
      const offline: Host = {
        extension: (id) => host.extension(id),
        sockets: outside.sockets,
        offline: outside,
      }
      return component.start(offline)
    },
    shutdown: (signal) => component.shutdown(signal),
  }
}

function harmless(extension: Extension, place: Place, around: Surroundings): Extension {
  const { storage, serverAuthenticator, clientAuthenticator, requestGuard, dependencies } = extension
  const tied = dependencies === undefined ? {} : { dependencies }
  if (storage !== undefined) {
    const memory = new MemoryStorage(around.timeline.clock(ownerOf(place)))
    around.storages.push(memory)
    return { ...memory.extension(), ...tied }
  }
  const authenticates = serverAuthenticator !== undefined || clientAuthenticator !== undefined
  if (!authenticates && requestGuard === undefined) return { ...idle, ...tied }
  if (authenticates && around.trusting) {
    return {
      ...idle,
      ...tied,
      ...(serverAuthenticator === undefined
        ? {}
        : { serverAuthenticator: { authenticate: () => Promise.resolve({}) } }),
      ...(clientAuthenticator === undefined
        ? {}
        : { clientAuthenticator: { headers: () => Promise.resolve({}) } }),
    }
  }
  return {
    ...insulated(extension, place, around),
    ...tied,
    ...(serverAuthenticator === undefined ? {} : { serverAuthenticator }),
    ...(clientAuthenticator === undefined ? {} : { clientAuthenticator }),
    ...(requestGuard === undefined ? {} : { requestGuard }),
  }
}
