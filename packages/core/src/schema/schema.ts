interface Annotations {
  /** Markdown for the reference page and the editor. */
  readonly description?: string
  /** Used when the setting is absent; for a duration in its text form. */
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  /** The setting still works; using it logs this sentence once. */
  readonly deprecated?: string
  /** The setting is accepted for compatibility and has no effect; using it logs this sentence once. */
  readonly ignored?: string
  /** Names that other programs, or older ones, have for it; an error that meets one names this setting. */
  readonly formerly?: readonly string[]
}

/** What an extension does for components that name it. */
export type ExtensionRole = 'storage' | 'authenticator' | 'request_guard'

/** Text, a duration, an endpoint, a component id or a secret. */
export interface StringSchema extends Annotations {
  readonly type: 'string'
  readonly enum?: readonly string[]
  /** Words of `enum` are recognised in any capitalisation; the config holds the spelling of `enum`. */
  readonly ignoreCase?: true
  readonly minLength?: number
  readonly pattern?: string
  /**
   * `duration`: text such as `1.5h` or `2h45m`, in the config a number of milliseconds (section 1.7). `size`: a number
   * of bytes such as `4GiB`.
   */
  readonly format?: 'duration' | 'endpoint' | 'url' | 'path' | 'size'
  /** The text is the path of a PEM file that must hold this before anything can start. */
  readonly pem?: 'certificate' | 'key'
  /** Smallest and largest duration, in milliseconds. */
  readonly minimumMs?: number
  readonly maximumMs?: number
  /** Shown as `[REDACTED]` in every print, log, error and page (CFG-90). */
  readonly secret?: true
  /** The text is the id of a component of this kind that must be configured. */
  readonly reference?: 'extension' | 'exporter' | 'processor' | 'receiver'
  /** What the extension that `reference` names must offer. */
  readonly role?: ExtensionRole
}

export interface NumberSchema extends Annotations {
  readonly type: 'number' | 'integer'
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
}

export interface BooleanSchema extends Annotations {
  readonly type: 'boolean'
}

export interface ArraySchema extends Annotations {
  readonly type: 'array'
  readonly items: ConfigSchema
  readonly minItems?: number
  readonly uniqueItems?: boolean
  /** Also accept one string, split at commas (section 1.7). */
  readonly commaSeparated?: true
}

export interface ObjectSchema extends Annotations {
  readonly type: 'object'
  readonly properties: { readonly [name: string]: ConfigSchema }
  readonly required?: readonly string[]
  readonly additionalProperties?: false
  /**
   * Makes the object an optional section (CFG-32, CFG-33), which `enabled: false` switches off.
   * `on`: on when absent. `ready`: off when absent, on with defaults when null or present.
   * `bare`: off when absent or null. A section that is off is `undefined` in the config.
   */
  readonly section?: 'on' | 'ready' | 'bare'
}

/** An object whose keys the user chooses. */
export interface MapSchema extends Annotations {
  readonly type: 'object'
  readonly additionalProperties: ConfigSchema
  readonly properties?: undefined
}

/** One of several forms; the first that fits is taken. */
export interface AnyOfSchema extends Annotations {
  readonly anyOf: readonly ConfigSchema[]
  readonly type?: undefined
}

/** Any YAML value, taken as it is. */
export interface AnySchema extends Annotations {
  readonly any: true
  readonly type?: undefined
}

/** The part of JSON Schema, with a few words of our own, that a component's config may use. */
export type ConfigSchema =
  | StringSchema
  | NumberSchema
  | BooleanSchema
  | ArraySchema
  | ObjectSchema
  | MapSchema
  | AnyOfSchema
  | AnySchema

type AlwaysPresent<P> = P extends { readonly default: unknown }
  ? true
  : P extends { readonly section: string }
    ? false
    : P extends ObjectSchema
      ? true
      : false

type Present<S extends ObjectSchema> = {
  [K in keyof S['properties']]: K extends (S['required'] extends readonly (infer R)[] ? R : never)
    ? K
    : AlwaysPresent<S['properties'][K]> extends true
      ? K
      : never
}[keyof S['properties']]

type Simplify<T> = { [K in keyof T]: T[K] } & {}

type ObjectOf<S extends ObjectSchema> = Simplify<
  { readonly [K in Present<S>]: ConfigOf<S['properties'][K]> } & {
    readonly [K in Exclude<keyof S['properties'], Present<S>>]?: ConfigOf<S['properties'][K]> | undefined
  }
>

/**
 * The value that a schema describes once defaults are filled in: durations are milliseconds, a section
 * that is off and an absent setting without default are `undefined`, a plain object is always there. The value
 * of any schema at all is unknown; without this stop the type would never end.
 */
export type ConfigOf<S> = ConfigSchema extends S ? unknown : ValueOf<S>

type ValueOf<S> = S extends { readonly format: 'duration' }
  ? number
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends StringSchema
      ? string
      : S extends NumberSchema
        ? number
        : S extends BooleanSchema
          ? boolean
          : S extends ArraySchema
            ? readonly ConfigOf<S['items']>[]
            : S extends ObjectSchema
              ? ObjectOf<S>
              : S extends MapSchema
                ? Readonly<Record<string, ConfigOf<S['additionalProperties']>>>
                : S extends AnyOfSchema
                  ? ConfigOf<S['anyOf'][number]>
                  : unknown
