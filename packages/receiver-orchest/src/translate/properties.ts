import type { Values } from './attributes.ts'

const maxDepth = 8

/** Told in attributes of their own, or the type of the event once more. */
const mapped: ReadonlySet<string> = new Set(['project', 'jupyter', 'type'])

/** Scalars of a relayed event as attributes `orchest.properties.<path>`; arrays as JSON text (`orchest.md` 3.7). */
export function flatProperties(properties: Readonly<Record<string, unknown>>): Values {
  const values: Values = {}
  for (const [name, value] of Object.entries(properties)) {
    if (!mapped.has(name)) put(values, `orchest.properties.${name}`, value, 1)
  }
  return values
}

function put(values: Values, path: string, value: unknown, depth: number): void {
  if (value === null || value === undefined || value === '') return
  if (typeof value === 'string' || typeof value === 'boolean') values[path] = value
  else if (typeof value === 'number') values[path] = value
  else if (Array.isArray(value)) values[path] = JSON.stringify(value)
  else if (depth < maxDepth) {
    for (const [name, inner] of Object.entries(value)) put(values, `${path}.${name}`, inner, depth + 1)
  }
}
