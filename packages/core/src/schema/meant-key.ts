import { closest } from './closest.ts'
import { inMessage } from './issue.ts'
import type { ConfigSchema, ObjectSchema } from './schema.ts'

/** A list of all keys helps only while it can be taken in at a glance. */
const mostKeys = 10
const mostPlaces = 4
const deepest = 4

/**
 * How to mend an unknown key of a map with this schema: its right spelling, the section that it belongs to, or the
 * keys that exist.
 */
export function meantKey(key: string, schema: ConfigSchema | undefined): string | undefined {
  if (schema?.type !== 'object' || schema.properties === undefined) return undefined
  const names = Object.keys(schema.properties)
  const former = names.find((name) => schema.properties[name]?.formerly?.includes(key) === true)
  const near = former ?? closest(key, names)
  if (near !== undefined) return near
  const places = placesOf(key, schema)
  if (places.length === 1) return places[0]
  if (places.length > 1) return `It is a setting of a section: ${places.join(' or ')}.`
  if (names.length === 0) return 'There are no settings here.'
  return names.length <= mostKeys ? `Known here: ${inMessage(names.join(', '))}.` : undefined
}

/** Dotted paths of the sections that have such a key: all of the least depth at which there is one. */
function placesOf(key: string, schema: ObjectSchema): readonly string[] {
  let level: readonly { readonly path: string; readonly schema: ObjectSchema }[] = [{ path: '', schema }]
  for (let depth = 0; depth < deepest && level.length > 0; depth++) {
    level = level.flatMap(({ path, schema: { properties } }) =>
      Object.entries(properties).flatMap(([name, inner]) =>
        inner.type === 'object' && inner.properties !== undefined
          ? [{ path: `${path}${name}.`, schema: inner }]
          : [],
      ),
    )
    const found = level.filter(({ schema: { properties } }) => Object.hasOwn(properties, key))
    if (found.length > 0) return found.slice(0, mostPlaces).map(({ path }) => path + key)
  }
  return []
}
