import { isRecord } from './expanded.ts'
import { inMessage } from './issue.ts'
import type {
  ArraySchema,
  ConfigSchema,
  MapSchema,
  NumberSchema,
  ObjectSchema,
  StringSchema,
} from './schema.ts'
import { meantEndpoint } from './text-forms.ts'

/**
 * How a value of the wrong type was probably meant, in the form that it would have in the file, or a sentence that says
 * what to write instead.
 */
export function meantValue(schema: ConfigSchema | undefined, value: unknown): string | undefined {
  switch (schema?.type) {
    case 'boolean':
      return meantBoolean(value)
    case 'integer':
    case 'number':
      return meantNumber(schema, value)
    case 'string':
      return meantText(schema, value)
    case 'array':
      return meantList(schema, value)
    case 'object':
      return meantMap(schema, value)
    case undefined:
  }
  return undefined
}

const booleans: ReadonlyMap<string, string> = new Map([
  ...['true', 'yes', 'y', 'on', '1', 'enabled'].map((word) => [word, 'true'] as const),
  ...['false', 'no', 'n', 'off', '0', 'disabled'].map((word) => [word, 'false'] as const),
])

/** `yes`, `on`, quoted words and numbers, as other programs and older YAML have them. */
export function meantBoolean(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  return booleans.get(String(value).trim().toLowerCase())
}

const factors: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1e3],
  ['kb', 1e3],
  ['m', 1e6],
  ['mb', 1e6],
  ['g', 1e9],
  ['gb', 1e9],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
])

/** Numbers in quotes, with units, as percentages, or with a fraction where none is allowed. */
function meantNumber({ type, maximum }: NumberSchema, value: unknown): string | undefined {
  const given: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
  const text = typeof given === 'string' || typeof given === 'number' ? String(given) : ''
  const parts = /^\s*(-?\d{1,15}(?:[._]\d{1,15})?)\s*(%|[a-zA-Z]{0,3})\s*$/.exec(text)
  if (parts === null) return undefined
  const [, digits = '', unit = ''] = parts
  const number = Number(digits.replaceAll('_', ''))
  const share = unit === '%' && maximum === 1
  const factor = unit === '%' ? 1 : factors.get(unit.toLowerCase())
  if (factor === undefined) return undefined
  const meant = share ? number / 100 : number * factor
  return String(type === 'integer' ? Math.round(meant) : meant)
}

function meantText(schema: StringSchema, value: unknown): string | undefined {
  const standard = typeof schema.default === 'string' ? schema.default : undefined
  if (schema.format === 'duration') return `Write a duration, such as ${standard ?? '5s'}.`
  if (schema.format === 'url') return 'Write a URL, such as http://localhost:4318.'
  if (schema.secret || (typeof value !== 'number' && typeof value !== 'boolean')) return undefined
  if (schema.format === 'endpoint') return meantEndpoint(String(value), standard)
  return `Put it in quotes: "${inMessage(String(value))}".`
}

function meantList({ items }: ArraySchema, value: unknown): string | undefined {
  if (items.type === 'object') return isRecord(value) ? `Write a list: "- ${firstKey(value)}".` : undefined
  if (isRecord(value)) return `Write a list: [${inMessage(Object.keys(value).join(', '))}].`
  const isPlain = typeof value === 'string' || typeof value === 'number'
  return isPlain && !isSecret(items) ? `Write a list: [${inMessage(String(value))}].` : undefined
}

/** Without its value, which may be a secret. */
function firstKey(value: Readonly<Record<string, unknown>>): string {
  return inMessage(`${Object.keys(value)[0] ?? 'name'}:`)
}

function meantMap(schema: ObjectSchema | MapSchema, value: unknown): string | undefined {
  const names = schema.properties === undefined ? [] : Object.keys(schema.properties)
  const free = schema.properties === undefined && schema.additionalProperties.type === undefined
  if (typeof value === 'string') {
    const key = /^([A-Za-z_][\w.-]*):\S/.exec(value)?.[1]
    if (key !== undefined) return `Write a space after the colon: "${inMessage(key)}: …".`
    return `Write a map, such as "${names[0] ?? 'name'}: …".`
  }
  if (!Array.isArray(value)) return undefined
  const id = value.find((item) => typeof item === 'string' && (free || names.includes(item)))
  return `Write a map instead of a list: "${inMessage(String(id ?? names[0] ?? 'name'))}: …".`
}

function isSecret(schema: ConfigSchema): boolean {
  return schema.type === 'string' && schema.secret === true
}
