import type { ConfigSchema, MapSchema, ObjectSchema } from './schema.ts'
import { isEndpoint, isSize, isUrl } from './text-forms.ts'

/**
 * Whether a settled value fits its schema for certain. `false` means that ajv has to look: it knows more, and it alone
 * tells what is wrong. Compiling a check for values that are used once and mostly right would be half of a start.
 */
export function fits(schema: ConfigSchema, value: unknown): boolean {
  switch (schema.type) {
    case 'string':
      if (schema.format === 'duration') {
        const { minimumMs = -Infinity, maximumMs = Infinity } = schema
        return isNumber(value) && value >= minimumMs && value <= maximumMs
      }
      return typeof value === 'string' && fitsText(schema, value)
    case 'integer':
    case 'number': {
      const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity } = schema
      if (!isNumber(value) || (schema.type === 'integer' && !Number.isInteger(value))) return false
      return value >= minimum && value <= maximum && value > exclusiveMinimum
    }
    case 'boolean':
      return typeof value === 'boolean'
    case 'array': {
      const { items, minItems = 0, uniqueItems = false } = schema
      if (!Array.isArray(value) || value.length < minItems) return false
      if (uniqueItems && !areDifferentTexts(value)) return false
      return value.every((item) => fits(items, item))
    }
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && fitsObject(schema, value)
    case undefined:
  }
  return true
}

function fitsText(schema: ConfigSchema & { readonly type: 'string' }, value: string): boolean {
  const { minLength = 0, pattern, format } = schema
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false
  // Characters count, and there may be half as many as code units.
  if (minLength > 0 && value.length < minLength * 2 && Array.from(value).length < minLength) return false
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return false
  if (format === 'endpoint') return isEndpoint(value)
  if (format === 'size') return isSize(value)
  return format !== 'url' || isUrl(value)
}

function fitsObject(schema: ObjectSchema | MapSchema, value: object): boolean {
  const entries = Object.entries(value)
  if (schema.properties === undefined)
    return entries.every(([, inner]) => fits(schema.additionalProperties, inner))
  const { properties, required = [] } = schema
  const present = new Set(entries.filter(([, inner]) => inner !== undefined).map(([name]) => name))
  return (
    required.every((name) => present.has(name)) &&
    entries.every(([name, inner]) => {
      const property = name !== '__proto__' && Object.hasOwn(properties, name) ? properties[name] : undefined
      // A section that is off is undefined, and still one of the properties.
      return property !== undefined && (inner === undefined || fits(property, inner))
    })
  )
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value)
}

function areDifferentTexts(items: readonly unknown[]): boolean {
  return items.every((item) => typeof item === 'string') && new Set(items).size === items.length
}
