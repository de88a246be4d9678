import {
  type AnyFactory,
  type Component,
  createRegistry,
  type PluginFinder,
  type ReceiverFactory,
  type RegistryEntry,
} from '@spanloom/core'

import type { CliContext } from '../cli-context.ts'
import type { GatheredOutput } from './gathered-output.ts'

/** Extensions that only serve people and probes; their ports are left to a collector that runs. */
const servers: ReadonlySet<string> = new Set(['admin', 'health_check'])

const idle: Component = { start: () => Promise.resolve(), shutdown: () => Promise.resolve() }

/** The components of a command: what is built in, and how others are found. */
type Components = Pick<CliContext, 'registry' | 'plugins'>

/**
 * The components of a back-fill: the receiver `valuestream` is the one that reads history, and nothing else takes data
 * or opens a port, so that the configuration of a running collector can be used beside it. The exporter `debug` shows
 * whole traces.
 */
export function quietComponents(
  { registry, plugins }: Components,
  receiver: ReceiverFactory,
  output: GatheredOutput,
): Components {
  const quiet = (entry: RegistryEntry): RegistryEntry => {
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
  }
  return {
    registry: createRegistry(registry.entries.map(quiet)),
    ...(plugins === undefined ? {} : { plugins: quietPlugins(plugins, quiet) }),
  }
}

function quietPlugins(plugins: PluginFinder, quiet: (entry: RegistryEntry) => RegistryEntry): PluginFinder {
  return {
    async find(request) {
      const found = await plugins.find(request)
      return { ...found, entries: found.entries.map(quiet) }
    },
  }
}

async function gathered(entry: RegistryEntry, output: GatheredOutput): Promise<AnyFactory> {
  const factory = await entry.load()
  return factory.kind === 'exporter' ? output.gather(factory) : factory
}

function silenced(factory: AnyFactory): AnyFactory {
  if (factory.kind === 'receiver') return { ...factory, create: () => idle }
  return factory.kind === 'extension' ? { ...factory, create: () => idle } : factory
}
