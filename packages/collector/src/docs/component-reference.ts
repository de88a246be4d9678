import type { AnyFactory, ComponentKind, ConfigSchema, ObjectSchema, Registry } from '@spanloom/core'

const kinds: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension']

/** The reference page of all components of a registry, made of their schemas; Markdown. */
export async function componentReference(registry: Registry): Promise<string> {
  const lines = [
    '# Components',
    '',
    'Made of the schemas that the program checks configurations with; `npm run docs` writes this page anew.',
    'A setting in *italics* is a section that is off unless it is given; durations are text such as `300ms` or `1h30m`.',
  ]
  for (const kind of kinds) {
    lines.push('', `## ${kind[0]?.toUpperCase()}${kind.slice(1)}s`)
    const entries = registry.entries.filter((entry) => entry.kind === kind)
    for (const entry of entries.toSorted((a, b) => a.type.localeCompare(b.type, 'en'))) {
      const factory = await entry.load()
      const aliases = entry.aliases?.map((alias) => `\`${alias}\``).join(', ')
      lines.push('', `### \`${entry.type}\` ${kind}`, '')
      lines.push(
        `${factory.description ?? ''} Stability: ${factory.stability}. Package: \`${entry.module}\`.`.trim(),
      )
      if (aliases) lines.push(`Also known as ${aliases}.`)
      lines.push(...settingsTable(factory))
    }
  }
  return `${lines.join('\n')}\n`
}

/** The table of a component's settings; empty when it has none. */
export function settingsTable(factory: AnyFactory): readonly string[] {
  const rows = rowsOf(factory.schema, '')
  if (rows.length === 0) return ['', 'No settings.']
  return ['', '| setting | type | default | meaning |', '|---|---|---|---|', ...rows]
}

function rowsOf(schema: ObjectSchema, prefix: string): readonly string[] {
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    if (property.ignored !== undefined) return []
    const path = `${prefix}${name}`
    const row = rowOf(path, property, required.has(name))
    return isObject(property) ? [row, ...rowsOf(property, `${path}.`)] : [row, ...itemRows(property, path)]
  })
}

/** Settings of the objects in a list. */
function itemRows(property: ConfigSchema, path: string): readonly string[] {
  if (property.type !== 'array') return []
  return isObject(property.items) ? rowsOf(property.items, `${path}[].`) : []
}

function rowOf(path: string, schema: ConfigSchema, required: boolean): string {
  const name =
    isObject(schema) && schema.section !== undefined && schema.section !== 'on'
      ? `*\`${path}\`*`
      : `\`${path}\``
  const fallback = required
    ? 'required'
    : schema.default === undefined
      ? ''
      : `\`${JSON.stringify(schema.default)}\``
  const notes = [schema.description, schema.deprecated && `Deprecated: ${schema.deprecated}`]
    .filter(Boolean)
    .join(' ')
  return `| ${[name, typeOf(schema), fallback, notes].map(cell).join(' | ')} |`
}

function typeOf(schema: ConfigSchema): string {
  if ('any' in schema) return 'any'
  if ('anyOf' in schema) return [...new Set(schema.anyOf.map(typeOf))].join(' or ')
  switch (schema.type) {
    case 'string':
      if (schema.enum) return schema.enum.map((word) => `\`${word}\``).join(', ')
      if (schema.secret) return 'secret text'
      return schema.format ?? 'text'
    case 'array':
      return `list of ${typeOf(schema.items)}`
    case 'object':
      return isObject(schema) ? (schema.section === undefined ? 'object' : 'section') : 'map'
    case 'boolean':
    case 'integer':
    case 'number':
      return schema.type
  }
}

const isObject = (schema: ConfigSchema): schema is ObjectSchema =>
  schema.type === 'object' && schema.properties !== undefined

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
