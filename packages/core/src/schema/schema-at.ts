import type { Path } from './issue.ts'
import type { ConfigSchema } from './schema.ts'

/** The schema of the value at a path, or `undefined` where no setting is known. Of several forms, the first that leads on. */
export function schemaAt(schema: ConfigSchema | undefined, path: Path): ConfigSchema | undefined {
  const [part, ...rest] = path
  if (schema === undefined || part === undefined) return schema
  if ('anyOf' in schema) {
    return schema.anyOf.map((form) => schemaAt(form, path)).find((found) => found !== undefined)
  }
  return schemaAt(childOf(schema, String(part)), rest)
}

function childOf(schema: ConfigSchema, name: string): ConfigSchema | undefined {
  if (schema.type === 'array') return schema.items
  if (schema.type !== 'object') return undefined
  if (schema.properties === undefined) return schema.additionalProperties
  return Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
}
