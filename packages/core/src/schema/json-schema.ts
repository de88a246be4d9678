import type {
  ArraySchema,
  ConfigSchema,
  MapSchema,
  NumberSchema,
  ObjectSchema,
  StringSchema,
} from './schema.ts'

/** Name of the definition of a `${…}` reference that `toJsonSchema` refers to. */
export const expansionDefinition = 'expansion'

/** A text with a `${…}` reference, which may stand for a value of any type. */
export const expansionSchema: object = { type: 'string', pattern: String.raw`\$\{[^}]*\}` }

const durationPattern = String.raw`^[-+]?(0|(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$`

/**
 * JSON Schema (draft 2020-12) of a setting as it is written in a file, for editors: durations are text,
 * sections know `enabled`, everything may be null or a reference.
 */
export function toJsonSchema(schema: ConfigSchema): object {
  return { ...annotations(schema), ...form(schema) }
}

function annotations(schema: ConfigSchema): object {
  const { description, default: value, examples, deprecated, ignored } = schema
  const notes = [description, deprecated, ignored].filter((note) => note !== undefined).join('\n\n')
  return defined({
    description: notes === '' ? undefined : notes,
    markdownDescription: notes === '' ? undefined : notes,
    default: value,
    examples,
    deprecated: deprecated === undefined && ignored === undefined ? undefined : true,
  })
}

function form(schema: ConfigSchema): object {
  if ('anyOf' in schema) return { anyOf: [...schema.anyOf.map(toJsonSchema), { type: 'null' }] }
  switch (schema.type) {
    case 'string':
      return text(schema)
    case 'integer':
    case 'number':
      return orReference(number(schema))
    case 'boolean':
      return orReference({ type: ['boolean', 'null'] })
    case 'array':
      return list(schema)
    case 'object':
      return orReference(schema.properties === undefined ? map(schema) : object(schema))
    case undefined:
  }
  return {}
}

function orReference(schema: object): object {
  return { anyOf: [schema, { $ref: `#/$defs/${expansionDefinition}` }] }
}

function text(schema: StringSchema): object {
  if (schema.format === 'duration') return orReference({ type: ['string', 'null'], pattern: durationPattern })
  if (schema.enum !== undefined)
    return orReference({ enum: [...schema.enum, ...otherSpellings(schema), null] })
  if (schema.reference !== undefined) return orReference({ $ref: `#/$defs/${schema.reference}_id` })
  const { pattern, minLength } = schema
  const plain = { type: ['string', 'null'], ...defined({ pattern, minLength }) }
  return pattern === undefined && minLength === undefined ? plain : orReference(plain)
}

function otherSpellings({ enum: words = [], ignoreCase }: StringSchema): readonly string[] {
  if (ignoreCase === undefined) return []
  return words.map((word) => word.toUpperCase()).filter((word) => !words.includes(word))
}

function number({ type, minimum, maximum, exclusiveMinimum }: NumberSchema): object {
  return { type: [type, 'null'], ...defined({ minimum, maximum, exclusiveMinimum }) }
}

function list({ items, minItems, uniqueItems, commaSeparated }: ArraySchema): object {
  const plain = { type: ['array', 'null'], items: toJsonSchema(items), ...defined({ minItems, uniqueItems }) }
  return commaSeparated ? { anyOf: [plain, { type: 'string' }] } : orReference(plain)
}

function map({ additionalProperties }: MapSchema): object {
  return { type: ['object', 'null'], additionalProperties: toJsonSchema(additionalProperties) }
}

function object(schema: ObjectSchema): object {
  const properties: Record<string, object> = {}
  for (const [name, property] of Object.entries(schema.properties)) properties[name] = toJsonSchema(property)
  if (schema.section !== undefined && !Object.hasOwn(properties, 'enabled')) {
    properties['enabled'] = toJsonSchema({
      type: 'boolean',
      default: true,
      description: 'Switches the section off whatever else it contains.',
    })
  }
  const required = schema.section === undefined ? schema.required : undefined
  return {
    type: ['object', 'null'],
    properties,
    // A key with `::` is a path (CFG-43).
    patternProperties: { '::': {} },
    additionalProperties: false,
    ...defined({ required: required?.length === 0 ? undefined : required }),
  }
}

function defined(keywords: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined))
}
