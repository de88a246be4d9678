import { isJsonObject, type JsonObject, type JsonValue, WrittenNumber } from './json-body.ts'

/**
 * The documented properties of one object of an event. The product does not mind the case of a name, so a name
 * counts as it is spelled first, and in any spelling otherwise (`invictus.md` chapter 2).
 */
export class Fields {
  readonly #object: JsonObject
  readonly #folded: ReadonlyMap<string, JsonValue> | undefined

  /** `names` are the documented ones: an object that has no others is never searched for other spellings. */
  constructor(object: JsonObject, names: ReadonlySet<string>) {
    this.#object = object
    const keys = Object.keys(object)
    this.#folded = keys.every((key) => names.has(key)) ? undefined : folded(object, keys)
  }

  /** The value as it stands, `undefined` when there is none. */
  value(name: string): JsonValue | undefined {
    if (Object.hasOwn(this.#object, name)) return this.#object[name]
    return this.#folded?.get(name.toLowerCase())
  }

  /** A text that is not blank, kept verbatim; a number or boolean gives its JSON text. */
  text(name: string): string | undefined {
    return presentText(this.value(name))
  }

  /** The object of that name; a part of another type does not count. */
  object(name: string): JsonObject | undefined {
    const value = this.value(name)
    return isJsonObject(value) ? value : undefined
  }
}

/** The text of a value, `undefined` when it is blank or no text. */
export function presentText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return isBlank(value) ? undefined : value
  if (typeof value === 'number' || typeof value === 'boolean') return JSON.stringify(value)
  return value instanceof WrittenNumber ? value.text : undefined
}

function isBlank(text: string): boolean {
  return text.charCodeAt(0) > 32 && text.charCodeAt(0) < 127 ? false : text.trim() === ''
}

/** Of several spellings of one name the first one counts. */
function folded(object: JsonObject, keys: readonly string[]): ReadonlyMap<string, JsonValue> {
  const values = new Map<string, JsonValue>()
  for (const key of keys) {
    const name = key.toLowerCase()
    const value = object[key]
    if (value !== undefined && !values.has(name)) values.set(name, value)
  }
  return values
}
