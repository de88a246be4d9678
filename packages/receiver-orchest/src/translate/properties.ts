import type { Values } from './attributes.ts'

const maxDepth = 8

/** A name is told again in each path below it, so a small body could become a very large span. */
const longestPath = 256

/** As many attributes as OpenTelemetry's own limit lets a span have. */
const maxProperties = 128

/** Told in attributes of their own, or the type of the event once more. */
const mapped: ReadonlySet<string> = new Set(['project', 'jupyter', 'type'])

/**
 * Scalars of a relayed event as attributes `orchest.properties.<path>`; arrays as JSON text (`orchest.md` 3.7).
 * Left out is what has a longer path than 256 characters, or comes after 128 others.
 */
export function flatProperties(properties: Readonly<Record<string, unknown>>): Values {
  const values: Values = {}
  const room = { left: maxProperties }
  for (const [name, value] of Object.entries(properties)) {
    if (!mapped.has(name)) put(values, `orchest.properties.${name}`, value, 1, room)
  }
  return values
}

function put(values: Values, path: string, value: unknown, depth: number, room: { left: number }): void {
  if (value === null || value === undefined || value === '') return
  if (path.length > longestPath || room.left === 0) return
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
    values[path] = value
    room.left--
  } else if (Array.isArray(value)) {
    values[path] = JSON.stringify(value)
    room.left--
  } else if (depth < maxDepth) {
    for (const [name, inner] of Object.entries(value)) put(values, `${path}.${name}`, inner, depth + 1, room)
  }
}
