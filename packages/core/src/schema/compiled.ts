import { Ajv, type ValidateFunction } from 'ajv'

import type { ConfigSchema, MapSchema, ObjectSchema } from './schema.ts'
import { isEndpoint, isSize, isUrl } from './text-forms.ts'

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  ownProperties: true,
  allowUnionTypes: true,
  formats: { endpoint: isEndpoint, url: isUrl, size: isSize, path: true },
  // The schemas are made below, so they are right; checking them, and tuning checks that run once, is most of a start.
  validateSchema: false,
  code: { optimize: false },
})
// Limits of durations have a keyword of their own, so that their errors can speak of durations.
ajv.addKeyword({
  keyword: 'minimumMs',
  type: 'number',
  schemaType: 'number',
  validate: (limit: number, value: number) => value >= limit,
})
ajv.addKeyword({
  keyword: 'maximumMs',
  type: 'number',
  schemaType: 'number',
  validate: (limit: number, value: number) => value <= limit,
})

const checks = new WeakMap<ConfigSchema, ValidateFunction>()

/** The ajv check of a settled value; compiled when it is first asked for, once for each schema. */
export function compiledCheck(schema: ConfigSchema): ValidateFunction {
  const known = checks.get(schema)
  if (known !== undefined) return known
  const check = ajv.compile(settledForm(schema))
  checks.set(schema, check)
  return check
}

/**
 * JSON Schema of the value after settling: durations are numbers, and what settling decides itself (which
 * of several forms fits, which section is on) is taken as it is.
 */
function settledForm(schema: ConfigSchema): object {
  switch (schema.type) {
    case 'string': {
      const { minLength, pattern, minimumMs, maximumMs, format } = schema
      if (format === 'duration') return { type: 'number', ...defined({ minimumMs, maximumMs }) }
      return { type: 'string', ...defined({ enum: schema.enum, minLength, pattern, format }) }
    }
    case 'integer':
    case 'number': {
      const { minimum, maximum, exclusiveMinimum } = schema
      return { type: schema.type, ...defined({ minimum, maximum, exclusiveMinimum }) }
    }
    case 'boolean':
      return { type: 'boolean' }
    case 'array': {
      const { minItems, uniqueItems } = schema
      return { type: 'array', items: settledForm(schema.items), ...defined({ minItems, uniqueItems }) }
    }
    case 'object':
      return settledObject(schema)
    case undefined:
  }
  return {}
}

function settledObject(schema: ObjectSchema | MapSchema): object {
  if (schema.properties === undefined) {
    return { type: 'object', additionalProperties: settledForm(schema.additionalProperties) }
  }
  const properties: Record<string, object> = {}
  for (const [name, property] of Object.entries(schema.properties)) properties[name] = settledForm(property)
  return { type: 'object', properties, required: schema.required ?? [], additionalProperties: false }
}

function defined(keywords: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined))
}
