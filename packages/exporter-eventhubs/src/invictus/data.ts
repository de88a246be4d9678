import { type Attributes, type AttributeValue, Double } from '@spanloom/core'

import type { Data } from './flow-event.ts'

const prefix = 'invictus.data.'

/**
 * Business properties: what came as such, and the attributes that the settings name (`invictus.md` section 9.2).
 * `undefined` when there are none.
 */
export function dataOf(
  attributes: Attributes,
  more: readonly (readonly [name: string, value: AttributeValue])[] = [],
): Data | undefined {
  const data: Record<string, string> = Object.create(null)
  let isEmpty = true
  for (const name of Object.keys(attributes)) {
    if (!name.startsWith(prefix)) continue
    data[name.slice(prefix.length)] = valueText(attributes[name] ?? null)
    isEmpty = false
  }
  for (const [name, value] of more) {
    data[name] = valueText(value)
    isEmpty = false
  }
  return isEmpty ? undefined : data
}

/** Any value as text: numbers and booleans as JSON spells them, lists and maps as JSON, bytes in base64. */
export function valueText(value: AttributeValue): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return jsonOf(value)
}

function jsonOf(value: AttributeValue): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value)
  if (value instanceof Double) return String(value.value)
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  if (isList(value)) return `[${value.map(jsonOf).join(',')}]`
  return `{${Object.keys(value)
    .map((name) => `${JSON.stringify(name)}:${jsonOf(value[name] ?? null)}`)
    .join(',')}}`
}

// Array.isArray does not narrow a readonly list.
function isList(value: object): value is readonly AttributeValue[] {
  return Array.isArray(value)
}
