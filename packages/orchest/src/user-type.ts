import type { Transition } from './built-in-types.ts'

/** Names another thing by its kind and the paths of the values that identify it. */
export interface EntityRef {
  readonly entity: string
  readonly key: readonly string[]
}

/** An event type that a user declares (`orchest.md` section 4). */
export interface UserType {
  readonly type: string
  readonly transition: Transition
  readonly entity?: string
  /** Name of the span; default: the entity. */
  readonly span_name?: string
  /** Paths in the payload, with dots, whose values identify the thing. */
  readonly key?: readonly string[]
  readonly parent?: EntityRef
  /** Whose trace the span is in; default: the parent's, else its own. */
  readonly trace?: EntityRef
  /** Attributes of the span, by paths in the payload. */
  readonly attributes?: Readonly<Record<string, string>>
  /** What a closing event means; default: the last segment of the type. `failed` is an error. */
  readonly outcome?: string
  /** Takes the place of a built-in type. */
  readonly override?: boolean
  /** JSON Schema 2020-12 of the payload. */
  readonly schema?: object | boolean
  readonly description?: string
}
