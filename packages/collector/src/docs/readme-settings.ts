import { type ComponentKind, type Registry, type RegistryEntry, settingsTable } from '@spanloom/core'

import { entriesOf, pageOf } from './component-reference.ts'

const kinds: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension']
const reference = 'https://github.com/spanloom/spanloom/blob/main/docs/reference'

/** The README of a package with the tables of its components' settings between `<!-- settings -->` and its end. */
export async function fillSettings(readme: string, module: string, registry: Registry): Promise<string> {
  const place = /(?<=^<!-- settings -->\n).*?(?=^<!-- \/settings -->$)/ms
  if (!place.test(readme)) return readme
  const components = kinds
    .flatMap((kind) => entriesOf(kind, registry))
    .filter((entry) => entry.module === module)
  const sections: readonly string[] = await Promise.all(
    components.map((entry) => section(entry, components.length > 1)),
  )
  return readme.replace(place, () => `\n${sections.join('\n')}\n`)
}

/** A table that fits on a page; the reference has the rest. */
async function section(entry: RegistryEntry, titled: boolean): Promise<string> {
  const factory = await entry.load()
  const whole = settingsTable(factory)
  const table = [4, 3, 2].map((depth) => settingsTable(factory, { depth })).find(({ length }) => length <= 36)
  const shown = table ?? settingsTable(factory, { depth: 1 })
  const more = `More: [all settings of \`${entry.type}\`](${reference}/${pageOf(entry)}).`
  return [
    ...(titled ? [`### \`${entry.type}\` ${entry.kind}`, ''] : []),
    ...shown,
    ...(shown.length < whole.length ? ['', more] : []),
    '',
  ].join('\n')
}
