import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { isCollection, isNode, LineCounter, parseDocument } from 'yaml'

import { builtInTypes } from './built-in-types.ts'
import { payloadFault } from './payload-fault.ts'
import { registryFileSchema, userTypeSchema } from './registry-schema.ts'
import type { UserType } from './user-type.ts'

/** Something wrong with declared event types. */
export interface RegistryFault {
  /** File that it is in; absent for types that stand in the configuration. */
  readonly file?: string
  /** Counted from 1; 0 where there is no file. */
  readonly line: number
  readonly column: number
  /** Where in the file, such as `event_types.3.key`. */
  readonly path: string
  readonly message: string
}

/** Declared types, and everything that is wrong with them. */
export interface ReadTypes {
  readonly types: readonly UserType[]
  readonly faults: readonly RegistryFault[]
  /** What is odd but works. */
  readonly warnings: readonly string[]
}

/** An entry of the setting `event_types`: a file, or a declaration in place. */
export type TypesEntry = { readonly file: string } | Readonly<Record<string, unknown>>

interface Found {
  readonly value: unknown
  readonly at: (path: readonly (string | number)[]) => Pick<RegistryFault, 'file' | 'line' | 'column'>
  readonly path: readonly (string | number)[]
}

const ajv = new Ajv2020({ allErrors: true, strict: false })
const isFile = ajv.compile(registryFileSchema)
const isType = ajv.compile(userTypeSchema)

/** Reads declared types; all faults of all files are told together. `readText` throws where there is no such file. */
export function readTypes(entries: readonly TypesEntry[], readText: (path: string) => string): ReadTypes {
  const faults: RegistryFault[] = []
  const found = entries.flatMap((entry, at) =>
    isFileEntry(entry) ? readFile(entry.file, readText, faults) : [inPlace(entry, at, faults)],
  )
  const types = found.flatMap(({ value }) => (isType(value) ? [value as UserType] : []))
  faults.push(...missingParts(found), ...repeatedTypes(found), ...badSchemas(found))
  return { types, faults, warnings: halfTypes(types) }
}

const isFileEntry = (entry: TypesEntry): entry is { readonly file: string } =>
  'file' in entry && typeof entry.file === 'string'

function inPlace(value: unknown, index: number, faults: RegistryFault[]): Found {
  const found: Found = { value, path: [index], at: () => ({ line: 0, column: 0 }) }
  if (!isType(value)) report(isType.errors, found.path, found, faults)
  return found
}

function readFile(
  file: string,
  readText: (path: string) => string,
  faults: RegistryFault[],
): readonly Found[] {
  let text: string
  try {
    text = readText(file)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    faults.push({ file, line: 1, column: 1, path: '', message: `the file cannot be read${why}` })
    return []
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, version: '1.2' })
  for (const error of document.errors) {
    const [start = { line: 1, col: 1 }] = error.linePos ?? []
    faults.push({ file, line: start.line, column: start.col, path: '', message: firstLine(error.message) })
  }
  if (document.errors.length > 0) return []
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  const at = (path: readonly (string | number)[]): Pick<RegistryFault, 'file' | 'line' | 'column'> => {
    for (let length = path.length; length >= 0; length--) {
      const node: unknown = isCollection(document.contents)
        ? document.contents.getIn(path.slice(0, length), true)
        : document.contents
      const offset = length === 0 ? 0 : isNode(node) ? node.range?.[0] : undefined
      if (offset !== undefined) {
        const { line, col } = lines.linePos(offset)
        return { file, line, column: col }
      }
    }
    return { file, line: 1, column: 1 }
  }
  if (isFile(value)) {
    const { event_types: types } = value as { readonly event_types: readonly unknown[] }
    return types.map((type, index) => ({ value: type, path: ['event_types', index], at }))
  }
  report(isFile.errors, [], { value, path: [], at }, faults)
  return []
}

function report(
  errors: readonly ErrorObject[] | null | undefined,
  base: readonly (string | number)[],
  { at }: Found,
  faults: RegistryFault[],
): void {
  for (const { instancePath, message = 'is not valid', params } of errors ?? []) {
    const steps = instancePath.split('/').slice(1).map(stepOf)
    const path = [...base, ...steps]
    const extra: unknown = (params as Readonly<Record<string, unknown>>)['additionalProperty']
    const named = typeof extra === 'string' ? `${message}: "${extra}"` : message
    const allowed: unknown = (params as Readonly<Record<string, unknown>>)['allowedValues']
    const detail = Array.isArray(allowed) ? `${named}: ${allowed.join(', ')}` : named
    faults.push({
      ...at(typeof extra === 'string' ? [...path, extra] : path),
      path: path.join('.'),
      message: detail,
    })
  }
}

const stepOf = (step: string): string | number => {
  const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
  return /^\d+$/.test(name) ? Number(name) : name
}

/** What opens, notes or closes something has to say what. */
function missingParts(found: readonly Found[]): readonly RegistryFault[] {
  return found.flatMap(({ value, path, at }) => {
    if (!isType(value)) return []
    const type = value as UserType
    if (type.transition === 'instant' || type.transition === 'ignore') return []
    return (['entity', 'key'] as const).flatMap((name) => {
      if (type[name] !== undefined) return []
      return [
        { ...at(path), path: path.join('.'), message: `transition: ${type.transition} needs "${name}"` },
      ]
    })
  })
}

/** A type twice, one of Orchest's own without `override`, and `ping`, which is no event. */
function repeatedTypes(found: readonly Found[]): readonly RegistryFault[] {
  const builtIn = new Set(builtInTypes.map(({ type }) => type))
  const seen = new Set<string>()
  return found.flatMap(({ value, path, at }) => {
    if (!isType(value)) return []
    const { type, override } = value as UserType
    const fault = (message: string): readonly RegistryFault[] => [
      { ...at([...path, 'type']), path: [...path, 'type'].join('.'), message },
    ]
    if (type === 'ping') return fault('"ping" cannot be declared')
    if (seen.has(type)) return fault(`the type "${type}" is declared twice`)
    seen.add(type)
    if (!builtIn.has(type) || override === true) return []
    return fault(`"${type}" is built in; say override: true to change it`)
  })
}

function badSchemas(found: readonly Found[]): readonly RegistryFault[] {
  return found.flatMap(({ value, path, at }) => {
    if (!isType(value)) return []
    const { schema } = value as UserType
    if (schema === undefined || payloadFault(schema, {}) !== 'invalid schema') return []
    const here = [...path, 'schema']
    return [{ ...at(here), path: here.join('.'), message: 'this is no JSON Schema' }]
  })
}

/** Entities that are opened and never closed, or the other way round. */
function halfTypes(types: readonly UserType[]): readonly string[] {
  const entities = new Set(types.flatMap(({ entity }) => entity ?? []))
  return [...entities].flatMap((entity) => {
    const has = (transition: string): boolean =>
      types.some((type) => type.entity === entity && type.transition === transition)
    if (has('open') === has('close')) return []
    return [
      `The entity "${entity}" is ${has('open') ? 'opened but never closed' : 'closed but never opened'}.`,
    ]
  })
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text
