import type { LinkOrigin } from './links.ts'

/** Why a span left without a link. */
export type Unlinked = 'timeout' | 'capacity' | 'shutdown' | 'disabled'

/** What was done to the spans of one batch; counted once the batch was taken. */
export class Tally {
  readonly links: Record<LinkOrigin, number> = { extension: 0, store: 0 }
  invalidTraceparents: number = 0
  overwrittenExtensions: number = 0
  /** Spans that would have waited if waiting were not switched off. */
  disabled: number = 0
}
