/** An object of the wrong type or none at all: nothing is in it. */
const nothing: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null))

/** The object of a JSON value; any other value is an empty one, so that reading never fails. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : nothing
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether the value is an object with something in it. */
export function isFilledObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && Object.keys(value).length > 0
}

/** The object at the end of a path of names. */
export function objectAt(value: unknown, ...names: readonly string[]): Readonly<Record<string, unknown>> {
  let object = objectOf(value)
  for (const name of names) object = objectOf(own(object, name))
  return object
}

/** A property that is the object's own: names such as `constructor` bring nothing. */
export function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** A list; any other value is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A number, not NaN nor infinite. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** An integer of at least 1 that a double holds exactly. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : undefined
}

export function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

/** An id: a text, or a number as digits without an exponent. */
export function idOf(value: unknown): string | undefined {
  if (typeof value !== 'number') return textOf(value)
  if (Number.isInteger(value)) return BigInt(value).toString()
  return Number.isFinite(value) ? String(value) : undefined
}

/** The id that a number or text of digits states; a wrong id would name another thing. */
export function numericIdOf(value: unknown): string | undefined {
  const id = idOf(value)
  return id !== undefined && /^\d+$/.test(id) ? id : undefined
}
