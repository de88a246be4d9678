import { loadRegistry, type BrokenPlugin, type ComponentKind, type RegistryEntry } from '@spanloom/core'
import { Option } from 'commander'
import { stringify } from 'yaml'

import { buildInfo } from '../build-info.ts'
import { loadOptions } from '../config-flags.ts'
import type { Verb } from './verb.ts'

const kinds: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension']
const providers = ['env', 'file', 'http', 'https', 'yaml']

/** Lists what this program is made of (CLI-04). */
export const componentsVerb: Verb = {
  define(program, context, act) {
    program
      .command('components')
      .description('List all components with their packages and stability.')
      .addOption(new Option('--format <format>').choices(['yaml', 'json']).default('yaml'))
      .action(({ format }: { readonly format: 'yaml' | 'json' }) =>
        act(async () => {
          const { registry, broken } = await loadRegistry(loadOptions([], context))
          const listing = {
            buildinfo: { ...buildInfo, description: 'Weaves events into OpenTelemetry traces.' },
            ...Object.fromEntries(kinds.map((kind) => [`${kind}s`, componentsOf(kind, registry.entries)])),
            ...(broken.length === 0 ? {} : { unusable_plugins: broken.map(toRefusal) }),
            providers: providers.map((scheme) => ({ scheme, module: `@spanloom/core ${buildInfo.version}` })),
          }
          context.stdout.write(
            format === 'json' ? `${JSON.stringify(listing, undefined, 2)}\n` : stringify(listing),
          )
          return 0
        }),
      )
  },
}

function componentsOf(kind: ComponentKind, entries: readonly RegistryEntry[]): readonly object[] {
  return entries
    .filter((entry) => entry.kind === kind)
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))
    .map((entry) => toListing(entry))
}

function toListing({ kind, type, module, version, stability, aliases = [], origin }: RegistryEntry): object {
  return {
    name: type,
    ...(aliases.length === 0 ? {} : { aliases }),
    module: `${module} ${version}`.trim(),
    ...(origin === undefined ? {} : { plugin: origin }),
    stability: { [stabilityKey(kind)]: stability },
  }
}

function toRefusal({ name, origin, problem }: BrokenPlugin): object {
  return { module: name, plugin: origin, problem }
}

function stabilityKey(kind: ComponentKind): string {
  if (kind === 'extension') return 'extension'
  return kind === 'connector' ? 'traces-to-traces' : 'traces'
}
