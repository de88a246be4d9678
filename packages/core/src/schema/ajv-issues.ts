import type { ErrorObject } from 'ajv'

import type { ConfigIssue } from '../errors/config-error.ts'
import { closest } from './closest.ts'
import { formatDuration } from './duration.ts'
import { isRecord } from './expanded.ts'
import { type Path, dotted, inMessage, unknownKey, wrongType } from './issue.ts'
import { meantKey } from './meant-key.ts'
import { meantValue } from './meant-value.ts'
import { schemaAt } from './schema-at.ts'
import type { ConfigSchema, StringSchema } from './schema.ts'
import { meantEndpoint, meantSize, meantUrl } from './text-forms.ts'

const referenceTypeNames: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'int',
  number: 'float64',
  boolean: 'bool',
  array: 'list',
  object: 'map',
}

/**
 * Tells what ajv found in the reference's words. `schema` is that of the checked value, `path` leads to it, `phrasePath`
 * is its inner part.
 */
export function issueOf(
  error: ErrorObject,
  schema: ConfigSchema,
  value: unknown,
  path: Path,
  phrasePath: Path,
): ConfigIssue {
  const inner = pathOf(error.instancePath, value)
  const own = schemaAt(schema, inner)
  const secret = own?.type === 'string' && own.secret === true
  const at = [...path, ...inner]
  const phrase = [...phrasePath, ...inner]
  const params: Readonly<Record<string, unknown>> = error.params
  const problem = (code: string, message: string, suggestion?: string): ConfigIssue => ({
    code,
    path: at,
    message: `'${dotted(phrase)}' ${message}`,
    at: 'value',
    ...(suggestion === undefined ? {} : { suggestion }),
  })
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty'])
      return unknownKey([...at, key], [...phrase, key], meantKey(key, own))
    }
    case 'required': {
      const key = String(params['missingProperty'])
      const message = `'${dotted([...phrase, key])}' is required`
      const suggestion = `Add ${inMessage(key)}: …`
      return { code: 'missing_setting', path: [...at, key], message, at: 'value', suggestion }
    }
    case 'type': {
      const expected = referenceTypeNames[String(params['type'])] ?? String(params['type'])
      return wrongType(at, phrase, expected, error.data, meantValue(own, error.data))
    }
    case 'enum': {
      const words = Array.isArray(error.schema) ? error.schema.map(String) : []
      const got = inMessage(String(error.data))
      const message = `must be one of ${words.map((word) => `"${word}"`).join(', ')}, got "${got}"`
      return problem('invalid_value', message, closest(String(error.data), words))
    }
    case 'minimum':
      return problem('out_of_range', `must be at least ${String(error.schema)}`, String(error.schema))
    case 'maximum':
      return problem('out_of_range', `must be at most ${String(error.schema)}`, nearMaximum(error))
    case 'exclusiveMinimum':
      return problem('out_of_range', `must be greater than ${String(error.schema)}`)
    case 'minimumMs':
    case 'maximumMs': {
      const limit = formatDuration(Number(error.schema))
      const side = error.keyword === 'minimumMs' ? 'least' : 'most'
      return problem('out_of_range', `must be at ${side} ${limit}`, limit)
    }
    case 'minLength':
      return problem('out_of_range', `must have at least ${String(error.schema)} characters`)
    case 'minItems':
      return problem('out_of_range', `must have at least ${String(error.schema)} items`, exampleOf(own))
    case 'uniqueItems':
      return problem('duplicate_item', `must not hold the same item twice (items ${pair(params)})`)
    case 'pattern':
      return problem(
        'invalid_value',
        `must match the pattern ${String(error.schema)}`,
        error.schema === '^/' && !secret ? `/${inMessage(String(error.data))}` : exampleOf(own),
      )
    case 'format':
      return problem(
        'invalid_value',
        formatMessages[String(error.schema)] ?? `must be a ${String(error.schema)}`,
        meantText(own, String(error.data)),
      )
    default:
      return problem('invalid_value', error.message ?? 'is not valid')
  }
}

const formatMessages: Readonly<Record<string, string>> = {
  endpoint: 'must be an address of the form host:port',
  url: 'must be an absolute URL',
  size: 'must be a size such as 256MiB',
}

const wholeUrl = 'Write the whole URL, such as https://example.com/path.'

/** How a text that has not the form of its setting was probably meant. A secret is not repeated. */
function meantText(schema: ConfigSchema | undefined, text: string): string | undefined {
  if (schema?.type !== 'string') return undefined
  if (schema.secret) return schema.format === 'url' ? wholeUrl : undefined
  return meantForms[schema.format ?? '']?.(text, schema)
}

const meantForms: Readonly<Record<string, (text: string, schema: StringSchema) => string | undefined>> = {
  endpoint: (text, { default: standard }) =>
    meantEndpoint(text, typeof standard === 'string' ? standard : undefined),
  url: (text) => meantUrl(text) ?? wholeUrl,
  size: meantSize,
}

/** A share was perhaps given in percent. */
function nearMaximum({ schema, data }: ErrorObject): string {
  const percent = schema === 1 && typeof data === 'number' && data <= 100
  return String(percent ? data / 100 : schema)
}

function exampleOf(schema: ConfigSchema | undefined): string | undefined {
  const example: unknown = schema?.examples?.[0]
  return example === undefined ? undefined : `For example ${JSON.stringify(example)}.`
}

function pair(params: Readonly<Record<string, unknown>>): string {
  return `${String(params['j'])} and ${String(params['i'])}`
}

/** Turns a JSON pointer into keys; a part is a number only where the value is a list. */
function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = []
  let value = root
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value)) {
      path.push(Number(key))
      value = value[Number(key)]
    } else {
      path.push(key)
      value = isRecord(value) ? value[key] : undefined
    }
  }
  return path
}
