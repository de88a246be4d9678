import { closest } from '@spanloom/core'

import { type BuiltInType, builtInTypes } from './built-in-types.ts'
import type { UserType } from './user-type.ts'

/** What a type is: one of Orchest's own, or one that a user declared. */
export type EventType =
  | { readonly kind: 'built-in'; readonly type: BuiltInType }
  | { readonly kind: 'user'; readonly type: UserType }

/** Names of the spans that Orchest's own events become (`orchest.md` 3.5). */
export const builtInSpanNames: readonly string[] = [
  'one-off job',
  'pipeline run',
  'cron-job run',
  'interactive session',
  'environment image build',
  'jupyter image build',
]

/** All event types that an installation knows. Matching is exact. */
export class EventRegistry {
  readonly #types: ReadonlyMap<string, EventType>

  constructor(userTypes: readonly UserType[] = []) {
    this.#types = new Map<string, EventType>([
      ...builtInTypes.map((type) => [type.type, { kind: 'built-in', type }] as const),
      ...userTypes.map((type) => [type.type, { kind: 'user', type }] as const),
    ])
  }

  find(type: string): EventType | undefined {
    return this.#types.get(type)
  }

  /** All types, the built-in ones first. */
  types(): readonly string[] {
    return [...this.#types.keys()]
  }

  /** Names that spans made of these events can have. */
  spanNames(): ReadonlySet<string> {
    const names = new Set(builtInSpanNames)
    for (const [name, { kind, type }] of this.#types) {
      names.add(name)
      if (kind === 'user' && type.entity !== undefined) names.add(type.span_name ?? type.entity)
    }
    return names
  }

  /** The types that somebody may have meant: a near spelling, or those that begin alike. */
  suggestions(type: string): readonly string[] {
    const near = closest(type, this.#types.keys())
    const family = familyOf(type)
    const alike = family === '' ? [] : this.types().filter((known) => familyOf(known) === family)
    return [...new Set([...(near === undefined ? [] : [near]), ...alike])].slice(0, 4)
  }

  /** The effective registry as plain data, for documentation and for pickers of subscriptions. */
  toJSON(): readonly object[] {
    return [...this.#types.values()].map(({ type }) => type)
  }
}

/** All but the last segment. */
const familyOf = (type: string): string => type.slice(0, type.lastIndexOf(':') + 1)
