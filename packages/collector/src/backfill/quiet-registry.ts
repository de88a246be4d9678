import {
  type AnyFactory,
  type Component,
  createRegistry,
  type ReceiverFactory,
  type Registry,
  type RegistryEntry,
} from '@spanloom/core'

import type { GatheredOutput } from './gathered-output.ts'

/** Extensions that only serve people and probes; their ports are left to a collector that runs. */
const servers: ReadonlySet<string> = new Set(['admin', 'health_check'])

const idle: Component = { start: () => Promise.resolve(), shutdown: () => Promise.resolve() }

/**
 * The registry of a back-fill: the receiver `valuestream` is the one that reads history, and nothing else takes data
 * or opens a port, so that the configuration of a running collector can be used beside it. The exporter `debug` shows
 * whole traces.
 */
export function quietRegistry(
  registry: Registry,
  receiver: ReceiverFactory,
  output: GatheredOutput,
): Registry {
  return createRegistry(
    registry.entries.map((entry): RegistryEntry => {
      if (entry.kind === 'receiver' && entry.type === receiver.type)
        return {
          ...entry,
          load: () => Promise.resolve(receiver),
          profiles: () => Promise.resolve(receiver.profiles),
        }
      if (entry.kind === 'exporter' && entry.type === 'debug')
        return { ...entry, load: () => gathered(entry, output) }
      if (entry.kind !== 'receiver' && !(entry.kind === 'extension' && servers.has(entry.type))) return entry
      return { ...entry, load: async () => silenced(await entry.load()) }
    }),
  )
}

async function gathered(entry: RegistryEntry, output: GatheredOutput): Promise<AnyFactory> {
  const factory = await entry.load()
  return factory.kind === 'exporter' ? output.gather(factory) : factory
}

function silenced(factory: AnyFactory): AnyFactory {
  if (factory.kind === 'receiver') return { ...factory, create: () => idle }
  return factory.kind === 'extension' ? { ...factory, create: () => idle } : factory
}
