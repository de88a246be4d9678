/**
 * Consistent probability sampling by W3C trace randomness: a span is kept when the 56 random bits of its
 * trace reach a rejection threshold. Both are texts of 14 lower-case hex digits, which compare as numbers do.
 */

const space = 2 ** 56

/** The rejection threshold for keeping `probability` (0 < p <= 1), rounded up to `precision` hex digits (1 to 14). */
export function thresholdOf(probability: number, precision: number): string {
  const rejected = BigInt(Math.round((1 - probability) * space))
  // Leading f digits say little; precision counts from the first digit that differs, as the specification has it.
  const digits = rejected.toString(16).padStart(14, '0')
  const leading = /^f*/.exec(digits)?.[0].length ?? 0
  const keep = Math.min(14, leading + precision)
  const unit = 16n ** BigInt(14 - keep)
  const rounded = ((rejected + unit / 2n) / unit) * unit
  const largest = BigInt(space) - 1n
  return (rounded > largest ? largest : rounded).toString(16).padStart(14, '0')
}

/** The share of traces that a threshold keeps. */
export const probabilityOf = (threshold: string): number => 1 - Number(BigInt(`0x${threshold}`)) / space

/** What the OpenTelemetry entry `ot` of a trace state says about sampling. */
export interface SamplingState {
  /** Explicit randomness, 14 hex digits. */
  readonly randomness: string | undefined
  /** Threshold that earlier samplers applied, 14 hex digits. */
  readonly threshold: string | undefined
}

/** Reads `ot=rv:…;th:…` of a trace state; what is malformed counts as absent. */
export function readSamplingState(traceState: string): SamplingState {
  const entry = traceState
    .split(',')
    .map((part) => part.trim())
    .find((part) => part.startsWith('ot='))
  const fields = new Map(entry?.slice(3).split(';').map(splitField) ?? [])
  const rv = fields.get('rv')
  const th = fields.get('th')
  return {
    randomness: rv !== undefined && /^[0-9a-f]{14}$/.test(rv) ? rv : undefined,
    threshold: th !== undefined && /^[0-9a-f]{1,14}$/.test(th) ? th.padEnd(14, '0') : undefined,
  }
}

/** The trace state with `threshold` written into its `ot` entry, which moves to the front. */
export function writeThreshold(traceState: string, threshold: string): string {
  const parts = traceState
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const own = parts.find((part) => part.startsWith('ot='))
  const th = threshold.replace(/0+$/, '') || '0'
  const fields =
    own === undefined
      ? []
      : own
          .slice(3)
          .split(';')
          .filter((field) => field !== '' && !field.startsWith('th:'))
  return [`ot=${[`th:${th}`, ...fields].join(';')}`, ...parts.filter((part) => part !== own)].join(',')
}

const splitField = (field: string): [string, string] => {
  const colon = field.indexOf(':')
  return colon < 0 ? [field, ''] : [field.slice(0, colon), field.slice(colon + 1)]
}
