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

/** What editors show instead of the pattern, the types or the words that a value does not fit. */
const words = {
  duration: 'Write a duration such as 300ms, 5s or 1h30m.',
  size: 'Write a number of bytes such as 4GiB.',
  boolean: 'Write true or false.',
  text: 'Write a text; numbers need quotes here.',
  list: 'Write a list.',
} as const

const durationPattern = String.raw`^[-+]?(0|(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$`

const sizePattern = String.raw`^\d{1,15}(\.\d{1,6})? ?([KMGTkmgt]?[Ii]?[Bb])?$`

/**
 * JSON Schema (draft 2020-12) of a setting as it is written in a file, for editors: durations are text,
 * sections know `enabled`, everything may be null or a reference. `more` are further properties of a map.
 */
export function toJsonSchema(schema: ConfigSchema, more: Readonly<Record<string, object>> = {}): object {
  return { ...annotations(schema), ...form(schema, more) }
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

function form(schema: ConfigSchema, more: Readonly<Record<string, object>>): object {
  if ('anyOf' in schema) {
    // Of forms that fit equally little, editors tell of the first; a text says more than a number.
    const forms = schema.anyOf.toSorted((a, b) => Number(b.type === 'string') - Number(a.type === 'string'))
    return { anyOf: [...forms.map((each) => toJsonSchema(each)), { type: 'null' }] }
  }
  switch (schema.type) {
    case 'string':
      return text(schema)
    case 'integer':
    case 'number':
      return orReference(...number(schema))
    case 'boolean':
      return orReference({ type: ['boolean', 'null'], errorMessage: words.boolean })
    case 'array':
      return list(schema)
    case 'object':
      return orReference(schema.properties === undefined ? map(schema) : object(schema, more))
    case undefined:
  }
  return {}
}

function orReference(...schemas: readonly object[]): object {
  return { anyOf: [...schemas, { $ref: `#/$defs/${expansionDefinition}` }] }
}

function text(schema: StringSchema): object {
  if (schema.format === 'duration' || schema.format === 'size') {
    const pattern = schema.format === 'duration' ? durationPattern : sizePattern
    const message = words[schema.format]
    return orReference({
      type: ['string', 'null'],
      pattern,
      errorMessage: message,
      patternErrorMessage: message,
    })
  }
  if (schema.enum !== undefined) {
    const errorMessage = `Write one of: ${schema.enum.map((word) => word || '""').join(', ')}.`
    return orReference({ enum: [...schema.enum, ...otherSpellings(schema), null], errorMessage })
  }
  if (schema.reference !== undefined) return orReference({ $ref: `#/$defs/${schema.reference}_id` })
  const { pattern, minLength } = schema
  const plain = { type: ['string', 'null'], ...defined({ pattern, minLength }), errorMessage: words.text }
  return pattern === undefined && minLength === undefined ? plain : orReference(plain)
}

function otherSpellings({ enum: words = [], ignoreCase }: StringSchema): readonly string[] {
  if (ignoreCase === undefined) return []
  const others = words.flatMap((word) => [word.toUpperCase(), word.toLowerCase()])
  return [...new Set(others)].filter((word) => !words.includes(word))
}

/** `5_000` is a number here and a text for editors. */
const withUnderscores = String.raw`^[-+]?\d+(_\d+)+(\.\d+)?$`

function number({ type, minimum, maximum, exclusiveMinimum }: NumberSchema): readonly object[] {
  const limits = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
  ]
  const what = type === 'integer' ? 'a whole number' : 'a number'
  const errorMessage = `Write ${[what, ...limits].join(', ')}.`
  return [
    { type: [type, 'null'], ...defined({ minimum, maximum, exclusiveMinimum }), errorMessage },
    { type: 'string', pattern: withUnderscores, errorMessage, patternErrorMessage: errorMessage },
  ]
}

function list({ items, minItems, uniqueItems, commaSeparated }: ArraySchema): object {
  const plain = {
    type: ['array', 'null'],
    items: toJsonSchema(items),
    ...defined({ minItems, uniqueItems }),
    errorMessage: words.list,
  }
  return commaSeparated ? { anyOf: [plain, { type: 'string' }] } : orReference(plain)
}

function map({ additionalProperties }: MapSchema): object {
  return { type: ['object', 'null'], additionalProperties: toJsonSchema(additionalProperties) }
}

function object(schema: ObjectSchema, more: Readonly<Record<string, object>>): object {
  const properties: Record<string, object> = { ...more }
  for (const [name, property] of Object.entries(schema.properties)) properties[name] = toJsonSchema(property)
  if (schema.section !== undefined && !Object.hasOwn(properties, 'enabled')) {
    properties['enabled'] = toJsonSchema({
      type: 'boolean',
      default: true,
      description: 'Switches the section off whatever else it contains.',
    })
  }
  const required = schema.required?.length === 0 ? undefined : schema.required
  return {
    type: ['object', 'null'],
    properties,
    // A key with `::` is a path (CFG-43).
    patternProperties: { '::': {} },
    additionalProperties: false,
    ...(schema.section === undefined ? defined({ required }) : requiredUnlessOff(required)),
  }
}

/** A section that is switched off needs none of its settings. */
function requiredUnlessOff(required: readonly string[] | undefined): object {
  if (required === undefined) return {}
  return {
    if: { type: 'object', properties: { enabled: { const: false } }, required: ['enabled'] },
    else: { required },
  }
}

function defined(keywords: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined))
}
