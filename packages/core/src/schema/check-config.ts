import type { ConfigIssue } from '../errors/config-error.ts'
import { issueOf } from './ajv-issues.ts'
import { compiledCheck } from './compiled.ts'
import { Expanded, isRecord } from './expanded.ts'
import { fits } from './fits.ts'
import { type Path, dotted, typeName } from './issue.ts'
import { meantValue } from './meant-value.ts'
import type { AnyOfSchema, ConfigSchema } from './schema.ts'
import {
  type Findings,
  type PemFile,
  type Reference,
  type Settled,
  type SettleScope,
  settle,
} from './settle.ts'

/** What checking a value against a schema tells. `config` may be used only if `issues` is empty. */
export interface CheckResult {
  /** Frozen value with defaults filled in and durations in milliseconds. */
  readonly config: unknown
  /** The same in the form of a file, durations as text; for printing and for comparing. */
  readonly effective: unknown
  /** `effective` without secrets. */
  readonly redacted: unknown
  /** All faults. */
  readonly issues: readonly ConfigIssue[]
  /** Uses of deprecated and ignored settings. */
  readonly warnings: readonly ConfigIssue[]
  /** Texts that must be ids of configured components. */
  readonly references: readonly Reference[]
  /** Files that must hold certificates or keys. */
  readonly files: readonly PemFile[]
  /** Where secrets stand. */
  readonly secrets: readonly Path[]
}

/**
 * Checks a value from a config file without throwing. Paths of what is found begin with `path`; the paths
 * inside messages begin after its first `phraseStart` keys (all of `path` unless told).
 */
export function checkConfig(
  schema: ConfigSchema,
  value: unknown,
  path: Path = [],
  phraseStart: number = path.length,
): CheckResult {
  return check(schema, value, path, { mode: 'config', rootLength: phraseStart })
}

/** Checks with the rules for config files or those for payloads. */
export function check(
  schema: ConfigSchema,
  value: unknown,
  path: Path,
  { mode, rootLength }: Pick<SettleScope, 'mode' | 'rootLength'>,
): CheckResult {
  const found: Findings = { issues: [], warnings: [], references: [], files: [], secrets: [] }
  const firstFit: SettleScope['firstFit'] = (anyOf, inner, at) =>
    fitting(anyOf, inner, at, mode, rootLength, found)
  const settled = settle(schema, value, path, { mode, rootLength, found, firstFit })
  if (settled.config !== undefined && !fits(schema, settled.config)) {
    const isValid = compiledCheck(schema)
    const told = new Set(found.issues.map(place))
    const errors = isValid(settled.config) ? [] : (isValid.errors ?? [])
    // Of a value of the wrong type nothing else is worth telling.
    const mistyped = new Set(errors.flatMap((error) => (error.keyword === 'type' ? error.instancePath : [])))
    for (const error of errors) {
      if (error.keyword !== 'type' && mistyped.has(error.instancePath)) continue
      const issue = issueOf(error, schema, settled.config, path, path.slice(rootLength))
      if (!told.has(place(issue))) found.issues.push(issue)
    }
  }
  return { ...settled, ...found, issues: withoutConsequences(found.issues) }
}

/** What is missing because its key is misspelt needs no word of its own. */
function withoutConsequences(issues: readonly ConfigIssue[]): readonly ConfigIssue[] {
  if (issues.length < 2) return issues
  const meant = new Set(
    issues.flatMap(({ code, path, suggestion = '' }) =>
      code === 'unknown_key' ? JSON.stringify([...path.slice(0, -1), suggestion]) : [],
    ),
  )
  return issues.filter((issue) => issue.code !== 'missing_setting' || !meant.has(place(issue)))
}

function place(issue: ConfigIssue): string {
  return JSON.stringify(issue.path)
}

function fitting(
  schema: AnyOfSchema,
  value: unknown,
  path: Path,
  mode: SettleScope['mode'],
  rootLength: number,
  found: Findings,
): Settled {
  const results: CheckResult[] = []
  for (const form of schema.anyOf) {
    const result = check(form, value, path, { mode, rootLength })
    append(found.secrets, result.secrets)
    if (result.issues.length === 0 && result.config !== undefined) {
      append(found.warnings, result.warnings)
      append(found.references, result.references)
      append(found.files, result.files)
      return result
    }
    results.push(result)
  }
  const plain = value instanceof Expanded ? value.value : value
  const nearest = results.filter((_, index) => kindOf(schema.anyOf[index]) === kindOfValue(plain))
  if (nearest.length === 1 && nearest[0] !== undefined) append(found.issues, nearest[0].issues)
  else found.issues.push(noneFits(schema, plain, path, rootLength))
  return { config: undefined, effective: undefined, redacted: undefined }
}

/** Spreading a long list into the arguments of `push` would overflow the stack. */
function append<T>(list: T[], more: readonly T[]): void {
  for (const item of more) list.push(item)
}

function noneFits(schema: AnyOfSchema, value: unknown, path: Path, rootLength: number): ConfigIssue {
  const forms = [...new Set(schema.anyOf.map(kindOf))].join(' or ')
  const message = `'${dotted(path.slice(rootLength))}' expected ${forms}, got '${typeName(value)}'`
  const suggestion = schema.anyOf.map((form) => meantValue(form, value)).find((text) => text !== undefined)
  return {
    code: 'wrong_type',
    path,
    message,
    at: 'value',
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

type Kind = 'map' | 'list' | 'number' | 'string' | 'bool' | 'any'

const kinds = {
  object: 'map',
  array: 'list',
  integer: 'number',
  number: 'number',
  boolean: 'bool',
  string: 'string',
} as const satisfies Record<string, Kind>

function kindOf(schema: ConfigSchema | undefined): Kind {
  return schema?.type === undefined ? 'any' : kinds[schema.type]
}

function kindOfValue(value: unknown): Kind {
  if (isRecord(value)) return 'map'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number') return 'number'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'any'
}
