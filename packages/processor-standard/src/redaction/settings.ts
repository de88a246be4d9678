import { type ConfigOf, messageOf, type ReportIssue } from '@spanloom/core'

import type { RedactionOptions } from './redactor.ts'

const rule = {
  type: 'object',
  properties: {
    attribute: {
      type: 'string',
      minLength: 1,
      description: 'Name; `*` is anything within a segment between dots, `**` anything.',
    },
    action: {
      type: 'string',
      enum: ['keep', 'drop', 'hash', 'length', 'count', 'extension', 'bucket', 'replace'],
      description:
        '`hash`: keyed hash. `length`, `count`: a number in place of the value. `extension`: of a file name. `bucket`: lower bound. `replace`: a constant.',
    },
    values: {
      type: 'array',
      items: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
      description: '`keep`: only these values.',
    },
    pattern: { type: 'string', description: '`keep`: only values that match this regular expression.' },
    bounds: { type: 'array', items: { type: 'number' }, description: '`bucket`: lower bounds, rising.' },
    with: { type: 'string', description: '`replace`: the constant.' },
  },
  required: ['attribute', 'action'],
  additionalProperties: false,
} as const

/** Settings of `redaction` (`orchest.md` section 5). */
export const redactionSettings = {
  preset: {
    type: 'string',
    enum: ['orchest-telemetry'],
    description: 'Rules that come after your own.',
  },
  rules: {
    type: 'array',
    items: rule as typeof rule,
    default: [],
    description: 'The first that matches decides.',
  },
  default: { type: 'string', enum: ['drop'], default: 'drop', description: 'What no rule matches goes.' },
  key: { type: 'string', secret: true, description: 'Key of hashes, 16 bytes at least.' },
  max_string: {
    type: 'integer',
    default: 256,
    minimum: 1,
    description: 'Characters of a text that is kept; what is longer is cut.',
  },
  max_errors: {
    type: 'integer',
    default: 10,
    minimum: 0,
    description: 'A span with more attributes that a rule could not deal with is dropped.',
  },
  allow_names: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    commaSeparated: true,
    default: [],
    description:
      "Names of spans and events, and messages, that may leave besides Orchest's own; `**` is anything.",
  },
  event_types: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    commaSeparated: true,
    default: [],
    description: 'Event types of your own, which may be names of spans.',
  },
  round_times: {
    type: 'string',
    format: 'duration',
    default: '0s',
    minimumMs: 0,
    description: 'What times are rounded down to; `0s` leaves them.',
  },
} as const

/** Parsed settings. */
export type RedactionConfig = ConfigOf<{
  readonly type: 'object'
  readonly properties: typeof redactionSettings
}>

/** What the redactor needs of the settings. */
export function redactionOptions(config: RedactionConfig): RedactionOptions {
  return {
    rules: config.rules,
    preset: config.preset,
    key: config.key,
    maxString: config.max_string,
    allowNames: config.allow_names,
    eventTypes: config.event_types,
    roundTimesMs: Math.round(config.round_times),
    maxErrors: config.max_errors,
  }
}

/** What the schema cannot express. A rule that cannot work stops the start, and a reload keeps the old ones. */
export function checkRedaction(config: RedactionConfig, report: ReportIssue): void {
  const { rules, preset, key } = config
  const hashes = rules.some(({ action }) => action === 'hash')
  if (hashes && key === undefined) report(['key'], 'a rule says hash, which needs a key')
  if (key !== undefined && Buffer.byteLength(key) < 16) report(['key'], 'the key has less than 16 bytes')
  if (rules.length === 0 && preset === undefined)
    report(['rules'], 'without rules nothing is left', 'set a preset')
  rules.forEach((each, at) => {
    const path = ['rules', at]
    const has = (name: 'values' | 'pattern' | 'bounds' | 'with'): boolean => each[name] !== undefined
    if (each.action !== 'keep' && (has('values') || has('pattern'))) {
      report(path, `values and pattern belong to keep, not to ${each.action}`)
    }
    if (each.action === 'bucket' ? !isRising(each.bounds) : has('bounds')) {
      report(
        [...path, 'bounds'],
        each.action === 'bucket' ? 'bucket needs rising bounds' : 'bounds belong to bucket',
      )
    }
    if (each.action === 'replace' ? !has('with') : has('with')) {
      report([...path, 'with'], each.action === 'replace' ? 'replace needs with' : 'with belongs to replace')
    }
    const fault = faultOf(each.pattern)
    if (fault !== undefined) report([...path, 'pattern'], fault)
  })
}

function isRising(bounds: readonly number[] | undefined): boolean {
  return (
    bounds !== undefined &&
    bounds.length > 0 &&
    bounds.every((each, at) => at === 0 || each > (bounds[at - 1] ?? 0))
  )
}

function faultOf(pattern: string | undefined): string | undefined {
  try {
    if (pattern !== undefined) new RegExp(pattern, 'u').test('')
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
