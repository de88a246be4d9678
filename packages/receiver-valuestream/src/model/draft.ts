import { type Attributes, type AttributeValue, double } from '@spanloom/core'

/** Attributes that are being written. What is absent, empty or of the wrong type changes nothing. */
export class Draft {
  /** Names that a sender invents must not be `__proto__`; all others are ordinary properties. */
  readonly #values: Record<string, AttributeValue> = {}
  readonly #legacy: boolean

  /** `legacy`: whether ValueStream's own tags are written, too. */
  constructor(legacy: boolean) {
    this.#legacy = legacy
  }

  get attributes(): Attributes {
    return this.#values
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name)
  }

  /** A text, number or boolean; `false` and 0 are real values. */
  set(name: string, value: unknown): this {
    if (isScalar(value)) this.#values[name] = value
    return this
  }

  /** A number that is a double even without a fraction. */
  seconds(name: string, value: number | undefined): this {
    if (value !== undefined && Number.isFinite(value)) this.#values[name] = double(value)
    return this
  }

  /** The first `max` of the texts. */
  list(name: string, values: readonly (string | undefined)[], max = 32): this {
    const kept = values.filter((value) => value !== undefined && value !== '').slice(0, max)
    if (kept.length > 0) this.#values[name] = kept.map(String)
    return this
  }

  /** Any value that an attribute may have. */
  put(name: string, value: AttributeValue): this {
    this.#values[name] = value
    return this
  }

  /** A tag of ValueStream's own. */
  tag(name: string, value: unknown): this {
    return this.#legacy ? this.set(name, value) : this
  }
}

function isScalar(value: unknown): value is string | number | boolean {
  return (
    (typeof value === 'string' && value !== '') ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value))
  )
}
