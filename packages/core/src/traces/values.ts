/**
 * Marks a number that is to be written as a double although it has no fraction, and tells such a double from an
 * integer when it is read. Counts as its number in comparisons and arithmetic.
 */
export class Double {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  valueOf(): number {
    return this.value
  }

  toString(): string {
    return String(this.value)
  }

  toJSON(): number {
    return this.value
  }
}

/** Marks `value` as a double; see {@link Double}. */
export function double(value: number): Double {
  return new Double(value)
}

/**
 * The value of an attribute.
 *
 * Numbers without a fraction in the safe range are OTLP integers, every other number is a double. A bigint is an
 * integer; one that does not fit into 64 bits is written as decimal text. `null` is the empty value.
 */
export type AttributeValue =
  | string
  | boolean
  | number
  | bigint
  | Double
  | Uint8Array
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue }
  | null

/**
 * Attributes by name. Those that were read have no prototype, so that every key is harmless; integers in the safe
 * range are numbers, other integers bigints, and doubles without a fraction are {@link Double}.
 */
export type Attributes = Readonly<Record<string, AttributeValue>>

/** The number as it must be handed out so that writing it again gives a double. */
export function fromDouble(value: number): number | Double {
  return isInteger(value) ? new Double(value) : value
}

/** Whether the number is written as an OTLP integer; -0 is not, because an integer would lose its sign. */
export function isInteger(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0)
}

/** `Array.isArray` does not narrow lists that are readonly. */
export function isList(value: object): value is readonly AttributeValue[] {
  return Array.isArray(value)
}
