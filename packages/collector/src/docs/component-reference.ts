import {
  type AnyFactory,
  type ComponentKind,
  type Registry,
  type RegistryEntry,
  settingsTable,
} from '@spanloom/core'

const kinds: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension']

/**
 * The reference of all components of a registry, made of their schemas: Markdown pages by their names inside of
 * `docs/reference`, one for each component and `components.md`, which lists them.
 */
export async function componentReference(registry: Registry): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>()
  const list = [
    '# Components',
    '',
    'Made of the schemas that the program checks configurations with; `npm run docs` writes these pages anew.',
  ]
  for (const kind of kinds) {
    list.push(
      '',
      `## ${kind[0]?.toUpperCase()}${kind.slice(1)}s`,
      '',
      '| type | what it does | stability |',
      '|---|---|---|',
    )
    for (const entry of entriesOf(kind, registry)) {
      const factory = await entry.load()
      pages.set(pageOf(entry), componentPage(entry, factory))
      list.push(
        `| [\`${entry.type}\`](${pageOf(entry)}) | ${factory.description ?? ''} | ${factory.stability} |`,
      )
    }
  }
  return pages.set('components.md', textOf(list))
}

/** Name of a component's page inside of `docs/reference`. */
export const pageOf = ({ kind, type }: Pick<RegistryEntry, 'kind' | 'type'>): string => `${kind}s/${type}.md`

/** The components of one kind in the order of their names. */
export function entriesOf(kind: ComponentKind, { entries }: Registry): readonly RegistryEntry[] {
  return entries.filter((entry) => entry.kind === kind).toSorted((a, b) => a.type.localeCompare(b.type, 'en'))
}

function componentPage({ kind, type, module, aliases = [] }: RegistryEntry, factory: AnyFactory): string {
  const { description = '', stability } = factory
  return textOf([
    `# \`${type}\` ${kind}`,
    '',
    `${description} Stability: ${stability}. Package: [\`${module}\`](../../../${folderOf(module)}).`.trim(),
    ...(aliases.length === 0
      ? []
      : ['', `Also known as ${aliases.map((alias) => `\`${alias}\``).join(', ')}.`]),
    '',
    ...settingsTable(factory),
    '',
    'A setting in *italics* is a section that is off unless it is given; durations are text such as `300ms` or `1h30m`.',
  ])
}

/** Folder of a package in the repository. */
const folderOf = (module: string): string => module.replace('@spanloom/', 'packages/')

const textOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`
