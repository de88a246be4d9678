import { createHash } from 'node:crypto'

import type { PlainAttributes, PlainEvent, PlainLink, PlainSpan } from '@spanloom/core/testing'

import type { Profile } from '../../src/profile.ts'
import type { Plain } from '../assembly.ts'
import { linkName, type Piece } from './fragment.ts'
import { deciding, endOf, type Memory, type Occurrence, startOf, statusText } from './runs.ts'

export interface Ids {
  readonly traceId: string
  readonly spanId: string
}

export type Find = (name: string, at: bigint) => Ids | undefined

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** When the run begins, as far as anybody said. */
export function beginOf(run: Occurrence): bigint {
  if (run.memory !== undefined) return run.memory.begin
  const fallbacks = run.pieces.map(({ fallback }) => fallback).filter((time) => time !== 0n)
  const fallback = fallbacks.toSorted((a, b) => (a < b ? -1 : 1))[0]
  return startOf(run) || (fallback ?? run.pieces[0]?.time ?? 0n)
}

export function toldEnd(run: Occurrence, profile: Profile): bigint {
  return run.memory?.over ?? endOf(run, profile) ?? run.pieces.at(-1)?.time ?? 0n
}

export const startSaid = (run: Occurrence): boolean =>
  run.memory?.startSaid ?? (startOf(run) !== 0n || run.pieces.some(({ fallback }) => fallback !== 0n))

/** The fragment that gave the run its start. */
export function starter(run: Occurrence): Piece | undefined {
  return run.pieces.find((piece) => piece.start !== 0n && !run.extra.includes(piece))
}

/** Merge order of section 5. */
export function merged(run: Occurrence, profile: Profile): readonly Piece[] {
  const first = starter(run)
  const last = deciding(run.pieces, profile)
  const middle = run.pieces.filter((piece) => piece !== first && piece !== last)
  return [first, ...middle, last === first ? undefined : last].filter((piece) => piece !== undefined)
}

const sortEvents = (events: readonly PlainEvent[]): readonly PlainEvent[] =>
  events.toSorted((a, b) =>
    BigInt(a.timeUnixNano) < BigInt(b.timeUnixNano) ? -1 : a.timeUnixNano === b.timeUnixNano ? 0 : 1,
  )

function once<T>(things: readonly T[]): readonly T[] {
  const seen = new Map(things.map((thing) => [JSON.stringify(thing), thing]).toReversed() as [string, T][])
  return things.filter((thing) => seen.get(JSON.stringify(thing)) === thing)
}

function attributesOf(pieces: readonly Piece[], which: (piece: Piece) => PlainAttributes): PlainAttributes {
  const known: Record<string, unknown> = {}
  const assumed: Record<string, unknown> = {}
  for (const piece of pieces) {
    for (const [key, value] of Object.entries(which(piece)))
      (piece.assumed.includes(key) ? assumed : known)[key] = value
  }
  return { ...assumed, ...known } as PlainAttributes
}

const nameOf = (piece: Piece): string => (piece.closing ? '' : piece.plain.name)

/** Section 5, with everything decoded. */
export function makeSpan(
  run: Occurrence,
  profile: Profile,
  place: {
    readonly traceId: string
    readonly spanId: string
    readonly parentSpanId: string
    readonly ignored: string
  },
  rerunOf: Ids | undefined,
  find: Find,
): Plain {
  const order = merged(run, profile)
  const last = deciding(run.pieces, profile)
  const first = starter(run)
  const superseded = new Set(
    run.pieces.filter(
      (piece) =>
        last !== undefined &&
        piece.end !== 0n &&
        (piece.end !== last.end || statusText(piece) !== statusText(last)),
    ),
  )
  const isBoth = first !== undefined && first === last
  const giving = (isBoth ? [...order.slice(1), first] : order).filter(
    (piece) => !run.extra.includes(piece) && (!superseded.has(piece) || piece.kind === 'complete'),
  )
  const name = order.map(nameOf).find((text) => text !== '') ?? profile.defaultName
  const status = last?.plain.status ?? { code: 'UNSET' as const }
  const begin = beginOf(run)
  const told = toldEnd(run, profile)
  const ended = endOf(run, profile) !== undefined
  const marks: Record<string, unknown> = {}
  const missing = [startSaid(run) ? '' : 'start', ended ? '' : 'end'].filter((part) => part !== '')
  if (missing.length > 0) marks['spanloom.incomplete'] = `missing_${missing.join('_and_')}`
  if (ended && told < begin) {
    marks['spanloom.timing.clamped'] = true
    marks['spanloom.timing.reported_end'] = String(told)
  }
  if (place.ignored !== '') marks['spanloom.parent.ignored'] = place.ignored
  if (run.pieces.length > 1) marks['spanloom.fragments'] = run.pieces.length
  const events = order.flatMap((piece) => {
    const own = piece.plain.events ?? []
    const as = superseded.has(piece) ? 'end' : run.extra.includes(piece) ? 'start' : ''
    if (as === '') return own
    const told: Record<string, unknown> = { 'spanloom.fragment': as }
    const { code = 'UNSET', message = '' } = piece.plain.status ?? {}
    if (nameOf(piece) !== '' && nameOf(piece) !== name) told['spanloom.name'] = nameOf(piece)
    if (code !== 'UNSET' && code !== status.code) told['spanloom.status.code'] = code
    if (message !== '' && message !== (status.message ?? '')) told['spanloom.status.message'] = message
    const time = String(as === 'end' ? piece.end : piece.time)
    const event = {
      timeUnixNano: time,
      name: 'spanloom.superseded',
      attributes: { ...piece.attributes, ...told },
    }
    return [event as PlainEvent, ...own]
  })
  const sorted = sortEvents(once(events))
  const links = once(
    order.flatMap(({ plain }) => (plain.links ?? []).map((link) => resolveLink(link, begin, find))),
  )
  const dropped = sorted.length - profile.maxSpanEvents
  return {
    resource: attributesOf(
      giving.filter(({ closing }) => !closing),
      ({ plain }) => plain.resource ?? {},
    ),
    traceId: place.traceId,
    spanId: place.spanId,
    parentSpanId: place.parentSpanId,
    name,
    kind:
      order.map(({ plain }) => plain.kind ?? 'UNSPECIFIED').find((kind) => kind !== 'UNSPECIFIED') ??
      'UNSPECIFIED',
    startTimeUnixNano: String(begin),
    endTimeUnixNano: String(told < begin ? begin : told),
    status,
    attributes: { ...attributesOf(giving, ({ attributes }) => attributes), ...(marks as PlainAttributes) },
    events: sorted.slice(0, profile.maxSpanEvents),
    links: [...links, ...(rerunOf === undefined ? [] : [added(rerunOf, 'rerun')])],
    ...(dropped > 0 ? { droppedEventsCount: dropped } : {}),
  }
}

const added = ({ traceId, spanId }: Ids, reason: string): PlainLink => ({
  traceId,
  spanId,
  attributes: { 'spanloom.link.reason': reason },
})

function resolveLink(link: PlainLink, at: bigint, find: Find): PlainLink {
  const { name, rest } = linkName(link)
  const ids = name === '' ? undefined : find(name, at)
  return ids === undefined ? rest : { ...rest, traceId: ids.traceId, spanId: ids.spanId }
}

/** Section 7: what becomes of a fragment whose run has left. */
export function makeLate(
  piece: Piece,
  of: Memory,
  profile: Profile,
  find: Find,
): Plain | 'superseded' | 'orphan' | 'late' {
  if (piece.end !== 0n && of.endTold) {
    if (profile.end === 'first' && piece.end >= of.told) return 'superseded'
    if (piece.end === of.told && statusText(piece) === of.status) return 'superseded'
  }
  if (piece.kind === 'update' && profile.orphanUpdate === 'drop') return 'orphan'
  if (profile.late === 'drop') return 'late'
  const time = piece.end || piece.time
  const { plain } = piece
  const events = sortEvents(once(plain.events ?? []))
  const dropped = events.length - profile.maxSpanEvents
  return {
    resource: plain.resource ?? {},
    traceId: of.traceId,
    spanId: digest(`${of.traceId}/${of.spanId}#late/${time}`).slice(0, 16),
    parentSpanId: of.parentSpanId,
    name: of.name,
    kind: plain.kind ?? 'UNSPECIFIED',
    startTimeUnixNano: String(of.begin),
    endTimeUnixNano: String(time < of.begin ? of.begin : time),
    status: plain.status ?? { code: 'UNSET' },
    attributes: { ...piece.attributes, 'spanloom.late': true },
    events: events.slice(0, profile.maxSpanEvents),
    links: [...once((plain.links ?? []).map((link) => resolveLink(link, of.begin, find))), added(of, 'late')],
    ...(dropped > 0 ? { droppedEventsCount: dropped } : {}),
  }
}

export type { PlainSpan }
