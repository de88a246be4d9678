import type { ComponentKind, RegistryEntry } from '@spanloom/core'
import { Option } from 'commander'
import { stringify } from 'yaml'

import { buildInfo } from '../build-info.ts'
import type { Verb } from './verb.ts'

const kinds: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension']
const providers = ['env', 'file', 'http', 'https', 'yaml']

/** Lists what this program is made of (CLI-04). */
export const componentsVerb: Verb = {
  define(program, { registry, stdout }, act) {
    program
      .command('components')
      .description('List all components with their packages and stability.')
      .addOption(new Option('--format <format>').choices(['yaml', 'json']).default('yaml'))
      .action(({ format }: { readonly format: 'yaml' | 'json' }) =>
        act(() => {
          const listing = {
            buildinfo: { ...buildInfo, description: 'Weaves events into OpenTelemetry traces.' },
            ...Object.fromEntries(kinds.map((kind) => [`${kind}s`, componentsOf(kind, registry.entries)])),
            providers: providers.map((scheme) => ({ scheme, module: `@spanloom/core ${buildInfo.version}` })),
          }
          stdout.write(format === 'json' ? `${JSON.stringify(listing, undefined, 2)}\n` : stringify(listing))
          return Promise.resolve(0)
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

function toListing({ kind, type, module, version, stability, aliases = [] }: RegistryEntry): object {
  return {
    name: type,
    ...(aliases.length === 0 ? {} : { aliases }),
    module: `${module} ${version}`,
    stability: { [stabilityKey(kind)]: stability },
  }
}

function stabilityKey(kind: ComponentKind): string {
  if (kind === 'extension') return 'extension'
  return kind === 'connector' ? 'traces-to-traces' : 'traces'
}
