import { hash } from 'node:crypto'

import type { Attributes, AttributeValue, ConfigOf, ConsumeContext, ReportIssue } from '@spanloom/core'
import { double } from '@spanloom/core'

import { asText } from '../match/match-properties.ts'
import { compilePattern } from '../match/pattern.ts'

/** The list of changes that `attributes` and `resource` take, in the reference collector's form. */
export const actionsSchema = {
  type: 'array',
  description: 'Changes, applied in this order.',
  items: {
    type: 'object',
    properties: {
      key: { type: 'string', description: 'Attribute to change.' },
      action: {
        type: 'string',
        enum: ['insert', 'update', 'upsert', 'delete', 'hash', 'extract', 'convert'],
        description:
          '`insert` adds where the key is missing, `update` changes where it exists, `upsert` does both, `delete` removes, `hash` replaces by SHA-256, `extract` makes attributes of the named groups of `pattern`, `convert` changes the type.',
      },
      value: { any: true, description: 'New value.' },
      from_attribute: { type: 'string', description: 'Attribute that gives the new value.' },
      from_context: {
        type: 'string',
        description: 'Where the new value comes from: `metadata.<header>` or `client.address`.',
      },
      pattern: {
        type: 'string',
        description: 'Regular expression of `extract`, or of the keys to delete or hash.',
      },
      converted_type: {
        type: 'string',
        enum: ['int', 'double', 'string'],
        description: 'Target of `convert`.',
      },
    },
    required: ['action'],
  },
} as const

export type Action = ConfigOf<typeof actionsSchema>[number]

/** Reports actions that lack what they need. */
export function checkActions(actions: readonly Action[], path: readonly string[], report: ReportIssue): void {
  for (const [index, action] of actions.entries()) {
    const at = [...path, String(index)]
    const sources = [action.value, action.from_attribute, action.from_context].filter(
      (source) => source !== undefined,
    )
    const { action: verb, key, pattern } = action
    if (!key && !((verb === 'delete' || verb === 'hash') && pattern)) {
      report(
        at,
        `error creating AttrProc due to missing required field "key" at the ${index}-th actions`,
        'Add key: and the name of the attribute.',
      )
    }
    if ((verb === 'insert' || verb === 'update' || verb === 'upsert') && sources.length !== 1) {
      report(
        at,
        `exactly one of "value", "from_attribute" or "from_context" is required for action "${verb}"`,
        sources.length === 0 ? 'Add value: …' : 'Remove all but one.',
      )
    }
    if (verb === 'extract' && !pattern)
      report(
        at,
        'field "pattern" is required for action "extract"',
        'Add pattern: and a regular expression with named groups.',
      )
    if (verb === 'convert' && !action.converted_type) {
      report(
        at,
        'field "converted_type" is required for action "convert"',
        'Add converted_type: int, double or string.',
      )
    }
    if (action.from_context && !/^(metadata\..+|client\.address)$/.test(action.from_context)) {
      report([...at, 'from_context'], 'must be "client.address" or begin with "metadata."')
    }
    if (!pattern) continue
    try {
      const compiled = compilePattern(pattern)
      if (verb === 'extract' && !/\(\?<[^=!]/.test(compiled.source)) {
        report([...at, 'pattern'], 'regular expression has no named groups', 'write groups as (?P<name>…)')
      }
    } catch (error) {
      report([...at, 'pattern'], `invalid regular expression: ${String(error)}`)
    }
  }
}

/** What an action list makes of a set of attributes: keys to set and keys to remove. */
export interface AttributeChange {
  readonly set: Attributes
  readonly remove: readonly string[]
}

/** Reads one attribute of the thing that is changed. */
export interface AttributeSource {
  attribute(key: string): AttributeValue | undefined
  readonly attributes: Attributes
}

type Step = (draft: Draft, context: ConsumeContext) => void

/**
 * Compiles the actions once. The result returns `undefined` when they change nothing, so that the span
 * stays as it is.
 */
export function compileActions(
  actions: readonly Action[],
): (source: AttributeSource, context: ConsumeContext) => AttributeChange | undefined {
  const steps = actions.map(compileAction)
  return (source, context) => {
    const draft = new Draft(source)
    for (const step of steps) step(draft, context)
    return draft.change()
  }
}

/** Attributes as they stand after the actions so far; reads through to the source. */
class Draft {
  readonly #source: AttributeSource
  readonly #set = new Map<string, AttributeValue>()
  readonly #removed = new Set<string>()

  constructor(source: AttributeSource) {
    this.#source = source
  }

  get(key: string): AttributeValue | undefined {
    if (this.#removed.has(key)) return undefined
    return this.#set.get(key) ?? this.#source.attribute(key)
  }

  set(key: string, value: AttributeValue): void {
    this.#removed.delete(key)
    this.#set.set(key, value)
  }

  remove(key: string): void {
    this.#set.delete(key)
    if (this.#source.attribute(key) !== undefined) this.#removed.add(key)
  }

  keys(): Iterable<string> {
    return new Set(
      [...Object.keys(this.#source.attributes), ...this.#set.keys()].filter(
        (key) => this.get(key) !== undefined,
      ),
    )
  }

  change(): AttributeChange | undefined {
    if (this.#set.size === 0 && this.#removed.size === 0) return undefined
    const set: Record<string, AttributeValue> = Object.create(null)
    for (const [key, value] of this.#set) set[key] = value
    return { set, remove: [...this.#removed] }
  }
}

function compileAction(action: Action): Step {
  const key = action.key ?? ''
  const pattern = action.pattern === undefined ? undefined : compilePattern(action.pattern)
  switch (action.action) {
    case 'insert':
    case 'update':
    case 'upsert': {
      const read = valueReader(action)
      const verb = action.action
      return (draft, context) => {
        const present = draft.get(key) !== undefined
        if ((verb === 'insert' && present) || (verb === 'update' && !present)) return
        const value = read(draft, context)
        if (value !== undefined) draft.set(key, value)
      }
    }
    case 'delete':
      return (draft) => {
        if (key !== '') draft.remove(key)
        if (pattern) for (const name of draft.keys()) if (pattern.test(name)) draft.remove(name)
      }
    case 'hash':
      return (draft) => {
        const names = pattern ? [...draft.keys()].filter((name) => pattern.test(name)) : []
        for (const name of key === '' ? names : [key, ...names]) {
          const value = draft.get(name)
          if (value !== undefined) draft.set(name, hash('sha256', asText(value)))
        }
      }
    case 'extract':
      return (draft) => {
        const value = draft.get(key)
        if (typeof value !== 'string') return
        for (const [name, text] of Object.entries(pattern?.exec(value)?.groups ?? {})) {
          if (text !== undefined) draft.set(name, text)
        }
      }
    case 'convert':
      return (draft) => {
        const value = draft.get(key)
        const converted = value === undefined ? undefined : convert(value, action.converted_type)
        if (converted !== undefined) draft.set(key, converted)
      }
  }
}

function valueReader(action: Action): (draft: Draft, context: ConsumeContext) => AttributeValue | undefined {
  const { from_attribute: fromAttribute, from_context: fromContext } = action
  if (fromAttribute !== undefined) return (draft) => draft.get(fromAttribute)
  if (fromContext === 'client.address') return (_draft, context) => context.clientAddress
  if (fromContext !== undefined) {
    const header = fromContext.slice('metadata.'.length).toLowerCase()
    return (_draft, context) => context.metadata?.get(header)?.join(';')
  }
  const value = literal(action.value)
  return () => value
}

/** A YAML value as an attribute value. */
function literal(value: unknown): AttributeValue {
  if (Array.isArray(value)) return value.map(literal)
  if (value !== null && typeof value === 'object') {
    const copy: Record<string, AttributeValue> = Object.create(null)
    for (const [key, part] of Object.entries(value)) copy[key] = literal(part)
    return copy
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** As the reference: texts that are no number stay as they are. */
function convert(value: AttributeValue, target: Action['converted_type']): AttributeValue | undefined {
  if (target === 'string') return asText(value)
  const number =
    typeof value === 'object' ? Number.NaN : typeof value === 'string' ? parseNumber(value) : Number(value)
  if (Number.isNaN(number)) return undefined
  return target === 'int' ? Math.trunc(number) : double(number)
}

const parseNumber = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))
