import { createHmac } from 'node:crypto'
import { extname } from 'node:path'

import { type AttributeValue, Double } from '@spanloom/core'

import type { RedactionRule } from './rule.ts'

/** The attribute that takes the place of another. */
export interface Replaced {
  readonly name: string
  readonly value: AttributeValue
}

/**
 * What becomes of an attribute; `undefined` when it goes.
 *
 * @throws TypeError when the action cannot deal with such a value.
 */
export type Action = (name: string, value: AttributeValue) => Replaced | undefined

/** What actions need besides their rule. */
export interface ActionContext {
  /** Key of hashes. */
  readonly key: string | undefined
  /** Characters of a text that is kept; what is longer is cut. */
  readonly maxString: number
}

/** Makes the action of a rule. @throws TypeError for a rule that cannot work. */
export function compileAction(rule: RedactionRule, context: ActionContext): Action {
  switch (rule.action) {
    case 'keep':
      return keeping(rule, context.maxString)
    case 'drop':
      return () => undefined
    case 'hash':
      return hashing(context.key)
    case 'length':
      return (name, value) => ({ name: `${name}.length`, value: lengthOf(value) })
    case 'count':
      return (name, value) => ({ name: `${name}_count`, value: countOf(value) })
    case 'extension':
      return (name, value) => ({ name, value: extensionOf(textOf(value)) })
    case 'bucket':
      return bucketing(rule.bounds ?? [])
    case 'replace':
      return (name) => ({ name, value: rule.with ?? '' })
  }
}

function keeping({ values, pattern }: RedactionRule, maxString: number): Action {
  const allowed = values === undefined ? undefined : new Set(values)
  const form = pattern === undefined ? undefined : new RegExp(pattern, 'u')
  const fits = (value: AttributeValue): boolean => {
    const plain = value instanceof Double ? value.value : value
    if (allowed !== undefined && !(isScalar(plain) && allowed.has(plain))) return false
    return form === undefined || (typeof plain === 'string' && form.test(plain))
  }
  return (name, value) => {
    const chosen = Array.isArray(value) && (allowed ?? form) !== undefined ? value.filter(fits) : value
    if (
      Array.isArray(chosen) ? chosen.length === 0 && Array.isArray(value) && value.length > 0 : !fits(chosen)
    )
      return undefined
    const kept = cut(chosen, maxString)
    return kept === undefined ? undefined : { name, value: kept }
  }
}

/** Texts are cut; a value with bytes in it is not kept at all. */
function cut(value: AttributeValue, maxString: number): AttributeValue | undefined {
  if (typeof value === 'string')
    return value.length <= maxString ? value : value.slice(0, maxString).toWellFormed()
  if (value instanceof Uint8Array) return undefined
  if (Array.isArray(value)) {
    const parts = value.map((each: AttributeValue) => cut(each, maxString))
    return parts.includes(undefined) ? undefined : (parts as AttributeValue[])
  }
  if (typeof value !== 'object' || value === null || value instanceof Double) return value
  const members: [string, AttributeValue][] = []
  for (const [name, inner] of Object.entries(value)) {
    const kept = cut(inner, maxString)
    if (kept === undefined) return undefined
    members.push([name, kept])
  }
  return Object.fromEntries(members)
}

function hashing(key: string | undefined): Action {
  if (key === undefined) throw new TypeError('hash needs a key')
  const hash = (value: AttributeValue): string => {
    const text =
      typeof value === 'string'
        ? value
        : isScalar(value) || value instanceof Double
          ? String(value)
          : undefined
    if (text === undefined) throw new TypeError('only texts, numbers and lists of them can be hashed')
    return `h:${createHmac('sha256', key).update(text).digest('hex').slice(0, 16)}`
  }
  return (name, value) => ({ name, value: Array.isArray(value) ? value.map(hash) : hash(value) })
}

/** Characters of a text, not units of UTF-16. */
const lengthOf = (value: AttributeValue): number => Array.from(textOf(value)).length

function countOf(value: AttributeValue): number {
  if (Array.isArray(value)) return value.length
  const read: unknown = typeof value === 'string' ? parsed(value) : value
  if (Array.isArray(read)) return read.length
  if (typeof read !== 'object' || read === null || read instanceof Uint8Array || read instanceof Double) {
    throw new TypeError('only lists and objects can be counted')
  }
  return Object.keys(read).length
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** File name extensions that say something about the kind of a file and nothing about its owner. */
const knownExtensions: ReadonlySet<string> = new Set(
  'bat c cfg cpp cs css csv go h html ini ipynb java jl js json jsx kt lua md mjs parquet php pl ps1 py r rb rmd rs sas scala sh sql swift tex toml ts tsv tsx txt xml yaml yml'
    .split(' ')
    .map((name) => `.${name}`),
)

function extensionOf(path: string): string {
  const extension = extname(path).toLowerCase()
  return knownExtensions.has(extension) ? extension : 'other'
}

function bucketing(bounds: readonly number[]): Action {
  if (bounds.length === 0) throw new TypeError('bucket needs bounds')
  return (name, value) => {
    const number = value instanceof Double ? value.value : typeof value === 'bigint' ? Number(value) : value
    if (typeof number !== 'number') throw new TypeError('only numbers have buckets')
    const bound = bounds.findLast((each) => each <= number)
    return bound === undefined ? undefined : { name, value: bound }
  }
}

function textOf(value: AttributeValue): string {
  if (typeof value !== 'string') throw new TypeError('only texts have that')
  return value
}

const isScalar = (value: AttributeValue): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
