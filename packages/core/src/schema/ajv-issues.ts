import type { ErrorObject } from 'ajv'

import type { ConfigIssue } from '../errors/config-error.ts'
import { closest } from './closest.ts'
import { formatDuration } from './duration.ts'
import { isRecord } from './expanded.ts'
import { type Path, dotted, inMessage, unknownKey, wrongType } from './issue.ts'

const referenceTypeNames: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'int',
  number: 'float64',
  boolean: 'bool',
  array: 'list',
  object: 'map',
}

/** Tells what ajv found in the reference's words. `path` leads to the checked value, `phrasePath` is its inner part. */
export function issueOf(error: ErrorObject, value: unknown, path: Path, phrasePath: Path): ConfigIssue {
  const inner = pathOf(error.instancePath, value)
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
      return unknownKey([...at, key], [...phrase, key], closest(key, knownKeys(error)))
    }
    case 'required': {
      const key = String(params['missingProperty'])
      const message = `'${dotted([...phrase, key])}' is required`
      return { code: 'missing_setting', path: [...at, key], message, at: 'value' }
    }
    case 'type': {
      const expected = referenceTypeNames[String(params['type'])] ?? String(params['type'])
      return wrongType(at, phrase, expected, error.data)
    }
    case 'enum': {
      const words = Array.isArray(error.schema) ? error.schema.map(String) : []
      const got = inMessage(String(error.data))
      const message = `must be one of ${words.map((word) => `"${word}"`).join(', ')}, got "${got}"`
      return problem('invalid_value', message, closest(String(error.data), words))
    }
    case 'minimum':
      return problem('out_of_range', `must be at least ${String(error.schema)}`)
    case 'maximum':
      return problem('out_of_range', `must be at most ${String(error.schema)}`)
    case 'exclusiveMinimum':
      return problem('out_of_range', `must be greater than ${String(error.schema)}`)
    case 'minimumMs':
      return problem('out_of_range', `must be at least ${formatDuration(Number(error.schema))}`)
    case 'maximumMs':
      return problem('out_of_range', `must be at most ${formatDuration(Number(error.schema))}`)
    case 'minLength':
      return problem('out_of_range', `must have at least ${String(error.schema)} characters`)
    case 'minItems':
      return problem('out_of_range', `must have at least ${String(error.schema)} items`)
    case 'uniqueItems':
      return problem('duplicate_item', `must not hold the same item twice (items ${pair(params)})`)
    case 'pattern':
      return problem('invalid_value', `must match the pattern ${String(error.schema)}`)
    case 'format':
      return problem(
        'invalid_value',
        formatMessages[String(error.schema)] ?? `must be a ${String(error.schema)}`,
      )
    default:
      return problem('invalid_value', error.message ?? 'is not valid')
  }
}

const formatMessages: Readonly<Record<string, string>> = {
  endpoint: 'must be an address of the form host:port',
  url: 'must be an absolute URL',
}

function knownKeys(error: ErrorObject): readonly string[] {
  const properties: unknown = error.parentSchema?.['properties']
  return isRecord(properties) ? Object.keys(properties) : []
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
