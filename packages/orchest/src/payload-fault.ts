import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

/** A schema ready for use, and the names that it has for members. */
interface Compiled {
  readonly fits: ValidateFunction
  readonly names: ReadonlySet<string>
}

const cache = new WeakMap<object, Compiled>()

/**
 * What a payload has against the schema of its type: the JSON pointer and the rule, never the value, and `*` in place of
 * names that only the sender knows. `undefined` when it fits; `invalid schema` when the schema is none.
 */
export function payloadFault(schema: object | boolean, payload: unknown): string | undefined {
  if (typeof schema === 'boolean') return schema ? undefined : '/ breaks the rule "false schema"'
  try {
    const { fits, names } = compiled(schema)
    if (fits(payload)) return undefined
    const [first] = fits.errors ?? []
    return `${pointerOf(first?.instancePath ?? '', names)} breaks the rule "${first?.keyword ?? 'schema'}"`
  } catch {
    return 'invalid schema'
  }
}

function compiled(schema: object): Compiled {
  let found = cache.get(schema)
  if (found === undefined) {
    // Each with a validator of its own, because one refuses a second schema of the same `$id`.
    const fits = new Ajv2020({ strict: false }).compile(schema)
    found = { fits, names: new Set(namesOf(schema)) }
    cache.set(schema, found)
  }
  return found
}

/** Names of all members anywhere in a schema: those of the payload, and words of JSON Schema, which do no harm. */
function* namesOf(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    yield name
    yield* namesOf(inner)
  }
}

function pointerOf(pointer: string, names: ReadonlySet<string>): string {
  const known = (step: string): boolean =>
    /^\d+$/.test(step) || names.has(step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const steps = pointer.split('/').slice(1)
  return steps.length === 0 ? '/' : steps.map((step) => `/${known(step) ? step : '*'}`).join('')
}
