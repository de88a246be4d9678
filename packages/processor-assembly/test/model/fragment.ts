import type { PlainAttributes, PlainLink, PlainSpan } from '@spanloom/core/testing'

/** A fragment as the model sees it: plain data, everything decoded. */
export interface Piece {
  readonly plain: PlainSpan
  readonly key: string
  readonly kind: 'start' | 'update' | 'end' | 'complete'
  readonly start: bigint
  readonly end: bigint
  readonly fallback: bigint
  readonly time: bigint
  readonly rank: number
  readonly order: number
  readonly arrived: number
  readonly closing: boolean
  /** Which closing end this is, or is a copy of. */
  readonly closingId: number
  readonly parentKey: string
  readonly aliases: readonly string[]
  readonly group: string
  readonly profile: string
  readonly identity: string
  readonly assumed: readonly string[]
  /** Attributes without those that steer. */
  readonly attributes: PlainAttributes
}

export interface Ranks {
  readonly start: number
  readonly update: number
  readonly end: number
  readonly complete: number
}

const controls = new Set(
  ['key', 'parent.key', 'alias', 'rank', 'event.id', 'assumed', 'group', 'close', 'profile'].map(
    (name) => `spanloom.${name}`,
  ),
)

/** Section 1 of the rules. */
export function readPiece(
  plain: PlainSpan,
  order: number,
  arrived: number,
  wallMs: number,
  ranks: Ranks,
): Piece {
  const all = plain.attributes ?? {}
  const text = (name: string): string => {
    const value = all[`spanloom.${name}`]
    return typeof value === 'string' ? value : ''
  }
  const texts = (name: string): readonly string[] => {
    const value = all[`spanloom.${name}`]
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  }
  const start = BigInt(plain.startTimeUnixNano ?? 0)
  const end = BigInt(plain.endTimeUnixNano ?? 0)
  const assumed = texts('assumed')
  const closing = all['spanloom.close'] === true && end !== 0n
  const isEnd = end !== 0n && (start === 0n || closing || assumed.includes('start'))
  const kind = isEnd ? 'end' : start === 0n ? 'update' : end === 0n ? 'start' : 'complete'
  const first = BigInt(plain.events?.[0]?.timeUnixNano ?? 0)
  const rank = all['spanloom.rank']
  return {
    plain,
    key: text('key') || `${plain.traceId}/${plain.spanId}`,
    kind,
    start: isEnd ? 0n : start,
    end,
    fallback: isEnd && !closing ? start : 0n,
    time: kind === 'end' ? end : kind === 'update' ? first || BigInt(wallMs) * 1_000_000n : start,
    rank: typeof rank === 'number' ? rank : ranks[kind],
    order,
    arrived,
    closing,
    closingId: closing ? order : 0,
    parentKey: text('parent.key'),
    aliases: closing ? [] : texts('alias'),
    group: text('group'),
    profile: text('profile'),
    identity: text('event.id') || JSON.stringify({ ...plain, resource: undefined }),
    assumed,
    attributes: Object.fromEntries(Object.entries(all).filter(([name]) => !controls.has(name))),
  }
}

/** Whether nothing in the span concerns an assembler. */
export function isWhole(plain: PlainSpan): boolean {
  const steered = Object.keys(plain.attributes ?? {}).some((name) => controls.has(name))
  const linked = (plain.links ?? []).some((link) => 'spanloom.link.key' in (link.attributes ?? {}))
  return !steered && !linked && plain.startTimeUnixNano !== '0' && plain.endTimeUnixNano !== '0'
}

/** The key that a link names, and the link without saying so. */
export function linkName(link: PlainLink): { readonly name: string; readonly rest: PlainLink } {
  const { 'spanloom.link.key': name, ...attributes } = link.attributes ?? {}
  return { name: typeof name === 'string' ? name : '', rest: { ...link, attributes } }
}
