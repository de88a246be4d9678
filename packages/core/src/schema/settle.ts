import type { ConfigIssue } from '../errors/config-error.ts'
import { parseDuration } from './duration.ts'
import { Expanded, isRecord, withoutExpanded } from './expanded.ts'
import { type Path, dotted, inMessage, unknownKey, wrongType } from './issue.ts'
import { meantBoolean, meantValue } from './meant-value.ts'
import { redactUntyped, redactUrl, redacted } from './redact-url.ts'
import type {
  AnyOfSchema,
  ArraySchema,
  ConfigSchema,
  ExtensionRole,
  MapSchema,
  ObjectSchema,
  StringSchema,
} from './schema.ts'

/** One value in its three forms; all are `undefined` for what is absent or off. */
export interface Settled {
  /** For the component: defaults filled in, durations in milliseconds. */
  readonly config: unknown
  /** As it could be written in a file: defaults filled in, durations as text. */
  readonly effective: unknown
  /** Like `effective`, without secrets. */
  readonly redacted: unknown
}

/** A text that names another component. */
export interface Reference {
  readonly path: Path
  readonly kind: 'extension' | 'exporter' | 'processor' | 'receiver'
  readonly id: string
  /** What the extension must offer. */
  readonly role?: ExtensionRole
}

/** A file that must hold a certificate or a key. */
export interface PemFile {
  readonly path: Path
  readonly file: string
  readonly pem: 'certificate' | 'key'
}

/** What settling finds on its way. */
export interface Findings {
  readonly issues: ConfigIssue[]
  readonly warnings: ConfigIssue[]
  readonly references: Reference[]
  readonly files: PemFile[]
  /** Places of values that must not be shown. */
  readonly secrets: Path[]
}

/** How to settle. `data` is for payloads: unknown keys are left out and nothing is expanded or announced. */
export interface SettleScope {
  readonly mode: 'config' | 'data'
  /** Length of the path to the value that the schema describes. */
  readonly rootLength: number
  readonly found: Findings
  /** Settles with the first form that fits. */
  firstFit(schema: AnyOfSchema, value: unknown, path: Path): Settled
}

const absent: Settled = { config: undefined, effective: undefined, redacted: undefined }

/** Fills in defaults, turns sections on or off, reads durations and splits lists, before ajv checks the rest. */
export function settle(schema: ConfigSchema, given: unknown, path: Path, scope: SettleScope): Settled {
  if (schema.type === 'object' && schema.properties !== undefined && schema.section !== undefined) {
    return settleSection(schema, given, path, scope)
  }
  const value = given instanceof Expanded ? meantBy(schema, given) : given
  if (value === undefined || value === null) {
    if ('any' in schema && value === null && schema.default === undefined) return same(null)
    if (schema.default !== undefined) return settlePresent(schema, schema.default, path, scope)
    if (schema.type === 'object' && schema.properties !== undefined)
      return settleObject(schema, {}, path, scope)
    return absent
  }
  announce(schema, path, scope)
  return settlePresent(schema, value, path, scope)
}

function settlePresent(schema: ConfigSchema, value: unknown, path: Path, scope: SettleScope): Settled {
  if ('anyOf' in schema) return scope.firstFit(schema, value, path)
  if ('any' in schema) return settleAny(value, scope)
  switch (schema.type) {
    case 'string':
      return settleString(schema, value, path, scope)
    case 'array':
      return settleList(schema, value, path, scope)
    case 'object':
      return schema.properties === undefined
        ? settleMap(schema, value, path, scope)
        : settleObject(schema, value, path, scope)
    case 'integer':
    case 'number':
    case 'boolean':
  }
  return same(value)
}

/** The value that a whole `${…}` stands for in a field of this kind (CFG-53, CFG-55). */
function meantBy(schema: ConfigSchema, given: Expanded): unknown {
  if (isNullFor(schema, given)) {
    // A null of a variable is the zero value of the field; where no value is a value too, it is that.
    if (schema.default !== undefined && isScalar(schema)) return zeroOf(schema)
    const plainText = schema.type === 'string' && !schema.enum && !schema.reference && !schema.minLength
    return plainText && schema.format === undefined && schema.pattern === undefined ? '' : null
  }
  if ('anyOf' in schema) return given
  if (schema.type === 'string') return given.text
  return schema.type === 'array' && schema.commaSeparated && !Array.isArray(given.value)
    ? given.text
    : given.value
}

/** Text such as `~` is null for most fields, but a text field takes it as it is. */
function isNullFor(schema: ConfigSchema, given: unknown): boolean {
  if (!(given instanceof Expanded)) return given === null || given === undefined
  return given.value === null && (schema.type !== 'string' || given.text === '')
}

function isScalar(schema: ConfigSchema): boolean {
  return schema.type !== undefined && schema.type !== 'object' && schema.type !== 'array'
}

function zeroOf(schema: ConfigSchema): unknown {
  if ('anyOf' in schema) return schema.anyOf[0] === undefined ? null : zeroOf(schema.anyOf[0])
  switch (schema.type) {
    case 'string':
      return schema.format === 'duration' ? '0s' : ''
    case 'integer':
    case 'number':
      return 0
    case 'boolean':
      return false
    case 'array':
      return []
    case 'object':
      return {}
    case undefined:
  }
  return null
}

/** A list item or the value of a map: there is no default to fall back to, so null is the zero value. */
function settleElement(schema: ConfigSchema, given: unknown, path: Path, scope: SettleScope): Settled {
  const value = isNullFor(schema, given) && schema.default === undefined ? zeroOf(schema) : given
  return settle(schema, value, path, scope)
}

/** Table of CFG-32; `enabled` decides whatever else the section contains (CFG-33). */
function settleSection(schema: ObjectSchema, given: unknown, path: Path, scope: SettleScope): Settled {
  const value = given instanceof Expanded ? given.value : given
  const off: Settled = schema.section === 'on' ? same(Object.freeze({ enabled: false })) : absent
  if (value === undefined) {
    return schema.section === 'on' || schema.default !== undefined
      ? settleObject(schema, schema.default ?? {}, path, scope)
      : absent
  }
  if (value === null) return schema.section === 'bare' ? absent : settleObject(schema, {}, path, scope)
  announce(schema, path, scope)
  if (scope.mode === 'data' || !isRecord(value) || !Object.hasOwn(value, 'enabled')) {
    return settleObject(schema, value, path, scope)
  }
  const { enabled: wish, ...rest } = value
  const enabled = wish instanceof Expanded ? wish.value : wish
  if (enabled === false) return { ...off, config: undefined }
  if (enabled !== true && enabled !== null) {
    const at = [...path, 'enabled']
    scope.found.issues.push(wrongType(at, at.slice(scope.rootLength), 'bool', enabled, meantBoolean(enabled)))
  }
  return settleObject(schema, Object.hasOwn(schema.properties, 'enabled') ? value : rest, path, scope)
}

function settleObject(schema: ObjectSchema, given: unknown, path: Path, scope: SettleScope): Settled {
  if (!isRecord(given)) return same(given)
  const config: Record<string, unknown> = {}
  const effective: Record<string, unknown> = {}
  const visible: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(schema.properties)) {
    const inner = Object.hasOwn(given, name) ? given[name] : undefined
    const settled = settle(property, inner, [...path, name], scope)
    if (settled.config !== undefined) config[name] = settled.config
    if (settled.effective === undefined) continue
    effective[name] = settled.effective
    visible[name] = settled.redacted
  }
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(schema.properties, key)) continue
    if (key === '__proto__') refuseKey([...path, key], scope)
    else if (scope.mode === 'config' || schema.additionalProperties === false) config[key] = given[key]
  }
  return freeze(config, effective, visible)
}

function settleMap(schema: MapSchema, given: unknown, path: Path, scope: SettleScope): Settled {
  if (!isRecord(given)) return same(given)
  const config: Record<string, unknown> = Object.create(null)
  const effective: Record<string, unknown> = Object.create(null)
  const visible: Record<string, unknown> = Object.create(null)
  const entries =
    isRecord(schema.default) && given !== schema.default ? { ...schema.default, ...given } : given
  for (const key of Object.keys(entries)) {
    if (key === '__proto__') {
      refuseKey([...path, key], scope)
      continue
    }
    const settled = settleElement(schema.additionalProperties, entries[key], [...path, key], scope)
    if (settled.config !== undefined) config[key] = settled.config
    if (settled.effective === undefined) continue
    effective[key] = settled.effective
    visible[key] = settled.redacted
  }
  return freeze(config, effective, visible)
}

function refuseKey(path: Path, scope: SettleScope): void {
  if (scope.mode === 'config')
    scope.found.issues.push(unknownKey(path, path.slice(scope.rootLength), undefined))
}

function settleList(schema: ArraySchema, given: unknown, path: Path, scope: SettleScope): Settled {
  const split = schema.commaSeparated && typeof given === 'string'
  const list = split ? given.split(',').flatMap((item) => item.trim() || []) : given
  if (!Array.isArray(list)) return same(list)
  const items = list.map((item, index) => settleElement(schema.items, item, [...path, index], scope))
  return freeze(
    items.map((item) => item.config),
    items.map((item) => item.effective),
    items.map((item) => item.redacted),
  )
}

function settleString(schema: StringSchema, value: unknown, path: Path, scope: SettleScope): Settled {
  if (schema.format === 'duration') return settleDuration(schema, value, path, scope)
  if (schema.secret) {
    if (scope.mode === 'config') scope.found.secrets.push(path)
    return { config: value, effective: value, redacted }
  }
  if (typeof value !== 'string') return same(value)
  if (schema.pem !== undefined && value !== '') scope.found.files.push({ path, file: value, pem: schema.pem })
  if (schema.enum !== undefined) return same(schema.ignoreCase ? spelledLike(value, schema.enum) : value)
  if (schema.reference === undefined) return { config: value, effective: value, redacted: redactUrl(value) }
  const id = value.trim()
  if (id !== '' || schema.default !== '')
    scope.found.references.push({
      path,
      kind: schema.reference,
      id,
      ...(schema.role === undefined ? {} : { role: schema.role }),
    })
  return same(id)
}

function spelledLike(value: string, words: readonly string[]): string {
  const wanted = value.toLowerCase()
  return words.find((word) => word.toLowerCase() === wanted) ?? value
}

function settleDuration(schema: StringSchema, value: unknown, path: Path, scope: SettleScope): Settled {
  const phrasePath = path.slice(scope.rootLength)
  if (typeof value !== 'string' && typeof value !== 'number') {
    scope.found.issues.push(wrongType(path, phrasePath, 'duration', value, meantValue(schema, value)))
    return absent
  }
  const ms = parseDuration(String(value))
  if (typeof ms === 'number') return { config: ms, effective: ms === 0 ? '0s' : value, redacted: value }
  const { fault, suggestion = meantValue(schema, value) } = ms
  scope.found.issues.push({
    code: 'invalid_duration',
    path,
    message: `error decoding '${dotted(phrasePath)}': ${inMessage(fault)}`,
    at: 'value',
    ...(suggestion === undefined ? {} : { suggestion }),
  })
  return absent
}

function settleAny(value: unknown, scope: SettleScope): Settled {
  if (scope.mode === 'data') return same(value)
  const plain = withoutExpanded(value)
  return { config: plain, effective: plain, redacted: redactUntyped(plain) }
}

function announce(schema: ConfigSchema, path: Path, scope: SettleScope): void {
  if (scope.mode === 'data') return
  const note = (code: string, message: string): unknown =>
    scope.found.warnings.push({ code, path, message, at: 'key' })
  if (schema.deprecated !== undefined) note('deprecated_setting', schema.deprecated)
  if (schema.ignored !== undefined) note('ignored_setting', schema.ignored)
}

function same(value: unknown): Settled {
  return { config: value, effective: value, redacted: value }
}

function freeze(config: object, effective: object, visible: object): Settled {
  return {
    config: Object.freeze(config),
    effective: Object.freeze(effective),
    redacted: Object.freeze(visible),
  }
}
