import type { MappingTemplates } from './mapping.ts'

/** How spans become flow-trace events. */
export interface FlowSettings {
  /** Which spans are told: all, those of Invictus, or the entries of a service. */
  readonly select: 'all' | 'marked' | 'roots'
  /** Whether span events become `Active` events. */
  readonly spanEvents: 'all' | 'none'
  /** Name of the sending system; absent: of the span. */
  readonly source: string | undefined
  readonly mappings: MappingTemplates
  /** Attributes that become business properties beside `invictus.data.*`. */
  readonly dataAttributes: readonly string[]
  /** Whether the whole span travels along, so that our own receiver can bring it back as it was. */
  readonly preserve: boolean
}
