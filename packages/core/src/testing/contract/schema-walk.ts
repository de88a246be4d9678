import type { ConfigSchema } from '../../schema/schema.ts'
import type { Settings } from './contracts.ts'

/** Keys from the top of a component's settings to one of them; list positions are numbers. */
export type SettingPath = readonly (string | number)[]

/** Key that the walk gives to entries of maps whose keys the user chooses. */
export const chosenKey = 'x-chosen'

/** Depth at which the walk of a schema that contains itself ends. */
const deepest = 12

/** Paths of all settings that the schema declares secret. A list or a map of secrets counts as one entry. */
export function secretPaths(schema: ConfigSchema, path: SettingPath = []): readonly SettingPath[] {
  if (path.length > deepest || 'any' in schema) return []
  if ('anyOf' in schema) return distinct(schema.anyOf.flatMap((form) => secretPaths(form, path)))
  if (schema.type === 'string') return schema.secret === true ? [path] : []
  if (schema.type === 'array') return secretPaths(schema.items, [...path, 0])
  if (schema.type !== 'object') return []
  return schema.properties === undefined
    ? secretPaths(schema.additionalProperties, [...path, chosenKey])
    : Object.entries(schema.properties).flatMap(([key, inner]) => secretPaths(inner, [...path, key]))
}

/** Paths of all objects with fixed keys that `value` spells out, the top itself included. */
export function objectPaths(
  schema: ConfigSchema,
  value: unknown,
  path: SettingPath = [],
): readonly SettingPath[] {
  if ('any' in schema || 'anyOf' in schema) return []
  if (schema.type === 'array' && Array.isArray(value))
    return value.flatMap((item, index) => objectPaths(schema.items, item, [...path, index]))
  if (schema.type !== 'object' || !isMap(value)) return []
  const inner = Object.entries(value).flatMap(([key, entry]) => {
    const next = schema.properties === undefined ? schema.additionalProperties : schema.properties[key]
    return next === undefined ? [] : objectPaths(next, entry, [...path, key])
  })
  return schema.properties === undefined && path.length > 0 ? inner : [path, ...inner]
}

/** The settings with `value` at `path`; what lies on the way is kept or made. */
export function withSetting(settings: unknown, path: SettingPath, value: unknown): Settings {
  const changed = put(settings, path, value)
  return isMap(changed) ? changed : {}
}

function put(target: unknown, [key, ...rest]: SettingPath, value: unknown): unknown {
  if (key === undefined) return value
  if (typeof key === 'number') {
    const list: readonly unknown[] = Array.isArray(target) ? target : []
    return list.toSpliced(key, 1, put(list[key], rest, value))
  }
  const map = isMap(target) ? target : {}
  return { ...map, [key]: put(map[key], rest, value) }
}

const isMap = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const distinct = (paths: readonly SettingPath[]): readonly SettingPath[] => [
  ...new Map(paths.map((path) => [JSON.stringify(path), path])).values(),
]
