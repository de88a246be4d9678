import type { ConfigSchema, MapSchema, ObjectSchema } from './schema.ts'

/** How much of a component's settings a table shows. */
export interface TableOptions {
  /** How far into sections: 1 for the settings at the top alone. Default: all the way. */
  readonly depth?: number
}

/**
 * The lines of the Markdown table of a component's settings, for its README.
 *
 * @example
 * settingsTable(acmeReceiver).join('\n')
 */
export function settingsTable(
  { schema }: { readonly schema: ObjectSchema },
  { depth = Infinity }: TableOptions = {},
): readonly string[] {
  const rows = rowsOf(schema, '', depth)
  if (rows.length === 0) return ['No settings.']
  return ['| setting | type | default | meaning |', '|---|---|---|---|', ...rows]
}

function rowsOf(schema: ObjectSchema, prefix: string, depth: number): readonly string[] {
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    if (property.ignored !== undefined) return []
    const path = `${prefix}${name}`
    const inside = insideOf(property, path)
    return [
      rowOf(path, property, required.has(name)),
      ...(inside === undefined || depth <= 1 ? [] : rowsOf(inside.schema, inside.prefix, depth - 1)),
    ]
  })
}

/** The settings in a section, in the objects of a list, or under names that the user chooses. */
function insideOf(
  property: ConfigSchema,
  path: string,
): { readonly schema: ObjectSchema; readonly prefix: string } | undefined {
  if (isObject(property)) return { schema: property, prefix: `${path}.` }
  if (isMap(property)) {
    const { additionalProperties: each } = property
    return isObject(each) ? { schema: each, prefix: `${path}.<name>.` } : undefined
  }
  if (property.type !== 'array') return undefined
  return isObject(property.items) ? { schema: property.items, prefix: `${path}[].` } : undefined
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

const isMap = (schema: ConfigSchema): schema is MapSchema =>
  schema.type === 'object' && schema.properties === undefined

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
