import type { Profile } from '../../src/profile.ts'
import type { Piece } from './fragment.ts'

/** A run that has left. */
export interface Memory {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly parentName: string
  readonly name: string
  readonly begin: bigint
  readonly over: bigint
  readonly told: bigint
  readonly startTold: boolean
  readonly startSaid: boolean
  readonly endTold: boolean
  readonly endRank: number
  readonly status: string
  readonly from: readonly [bigint, number, number]
  readonly until: readonly [bigint, number, number]
  readonly aliases: readonly string[]
}

/** One occurrence. */
export interface Occurrence {
  readonly memory?: Memory
  readonly pieces: Piece[]
  extra: Piece[]
  opener?: Piece
  cutAt?: { readonly time: bigint; readonly place: readonly [bigint, number, number] }
  given: boolean
}

export interface Walk {
  readonly runs: readonly Occurrence[]
  readonly late: readonly { readonly piece: Piece; readonly of: Memory }[]
  readonly waiting: readonly { readonly piece: Piece; readonly of: Memory }[]
  readonly idle: readonly Piece[]
}

type Spot = readonly [bigint, number, number]

const before = (a: Spot, b: Spot): number =>
  a[0] === b[0] ? (a[1] === b[1] ? a[2] - b[2] : a[1] - b[1]) : a[0] < b[0] ? -1 : 1

export const spotOf = ({ time, rank, order }: Piece): Spot => [time, rank, order]
export const statusText = ({ plain }: Piece): string =>
  JSON.stringify([plain.status?.code ?? 'UNSET', plain.status?.message ?? ''])

/** The end that counts. */
export function deciding(pieces: readonly Piece[], profile: Profile): Piece | undefined {
  const ends = pieces.filter(({ end }) => end !== 0n)
  const times = ends.map(({ end }) => end).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const time = profile.end === 'first' ? times[0] : times.at(-1)
  const equal = ends.filter(({ end }) => end === time)
  return profile.end === 'first' ? equal[0] : equal.at(-1)
}

const told = (run: Occurrence): bigint => {
  const starts = run.pieces.map(({ start }) => start).filter((start) => start !== 0n)
  return starts.length === 0 ? 0n : starts.reduce((a, b) => (b < a ? b : a))
}

export function startOf(run: Occurrence): bigint {
  return run.memory === undefined ? told(run) : run.memory.startTold ? run.memory.begin : 0n
}

export function endOf(run: Occurrence, profile: Profile): bigint | undefined {
  return deciding(run.pieces, profile)?.end ?? run.cutAt?.time
}

const hasEnd = (run: Occurrence, profile: Profile): boolean => endOf(run, profile) !== undefined
export const onlyUpdates = (run: Occurrence, profile: Profile): boolean =>
  run.memory === undefined && startOf(run) === 0n && !hasEnd(run, profile)

/** Section 4 of the rules, once over everything. */
export function divide(held: readonly Piece[], memories: readonly Memory[], profile: Profile): Walk {
  type Item =
    | { spot: Spot; tie: number; piece: Piece }
    | { spot: Spot; tie: number; opens: Memory }
    | { spot: Spot; tie: number; shuts: Memory }
  const items: Item[] = [
    ...held.map((piece) => ({ spot: spotOf(piece), tie: 3, piece })),
    ...memories.map((opens) => ({ spot: opens.from, tie: 1, opens })),
    ...memories.map((shuts) => ({
      spot: shuts.until,
      // A run that began where it was known to end does not end before it begins.
      tie: before(shuts.from, shuts.until) === 0 ? 2 : 0,
      shuts,
    })),
  ]
  items.sort((a, b) => before(a.spot, b.spot) || a.tie - b.tie)
  let runs: Occurrence[] = []
  const late: { piece: Piece; of: Memory }[] = []
  const waiting: { piece: Piece; of: Memory }[] = []
  const idle: Piece[] = []
  const shut = new Set<Memory>()
  const fresh = (piece: Piece): void =>
    void runs.push({ pieces: [piece], extra: [], given: false, opener: piece })
  for (const item of items) {
    const run = runs.at(-1)
    if ('shuts' in item) {
      shut.add(item.shuts)
      continue
    }
    if ('opens' in item) {
      const { opens } = item
      if (run !== undefined && run.memory === undefined && !hasEnd(run, profile)) {
        const started = startOf(run) !== 0n
        const first = memories.every((one) => before(one.from, opens.from) >= 0)
        if (started ? !opens.startTold : first && !(opens.startTold && profile.onRestart === 'abandon')) {
          runs.pop()
          late.push(...run.pieces.map((piece) => ({ piece, of: opens })))
        } else if (opens.startTold && profile.onRestart === 'abandon') run.given = true
        else if (opens.startTold && profile.onRestart === 'close' && started) {
          run.cutAt = { time: opens.from[0], place: opens.from }
        }
      }
      runs.push({ memory: opens, pieces: [], extra: [], given: false })
      continue
    }
    const { piece } = item
    const memory = run?.memory
    const isShut = memory !== undefined && shut.has(memory)
    const join = (): void => {
      if (memory !== undefined) late.push({ piece, of: memory })
      else run?.pieces.push(piece)
    }
    if (piece.closing) {
      const open = run !== undefined && memory === undefined && !hasEnd(run, profile)
      if (open && !(onlyUpdates(run, profile) && profile.orphanUpdate === 'drop')) join()
      else idle.push(piece)
    } else if (run === undefined) fresh(piece)
    else if (piece.kind === 'start') {
      const end = memory === undefined ? endOf(run, profile) : isShut ? memory.told : undefined
      const clampedTwin =
        memory !== undefined && memory.until[0] < memory.begin && piece.start === startOf(run)
      if (end !== undefined && end <= piece.start && !clampedTwin) fresh(piece)
      else if (startOf(run) === 0n ? profile.onRestart !== 'abandon' : startOf(run) === piece.start) join()
      else if (profile.onRestart === 'ignore') {
        run.extra.push(piece)
        join()
      } else if (profile.onRestart === 'merge') join()
      else {
        if (end === undefined && profile.onRestart === 'close')
          run.cutAt = { time: piece.time, place: item.spot }
        if (end === undefined && profile.onRestart === 'abandon') run.given = true
        fresh(piece)
      }
    } else if (piece.kind === 'complete') {
      const end = memory === undefined ? endOf(run, profile) : isShut ? memory.told : undefined
      const same = startOf(run) !== 0n && startOf(run) === piece.start
      if (end === undefined || end > piece.start || same) join()
      else fresh(piece)
    } else if (memory !== undefined) {
      const isAfter =
        isShut && (piece.time > memory.told || (piece.time === memory.told && piece.rank > memory.endRank))
      if (!isAfter) join()
      else if (profile.end === 'new') fresh(piece)
      else waiting.push({ piece, of: memory })
    } else {
      const end = deciding(run.pieces, profile)
      const isAfter =
        end !== undefined && (piece.time > end.end || (piece.time === end.end && piece.rank > end.rank))
      if (isAfter && profile.end === 'new') fresh(piece)
      else join()
    }
  }
  runs = joinSkewed(runs, profile)
  return { runs, late, waiting, idle }
}

function joinSkewed(runs: readonly Occurrence[], profile: Profile): Occurrence[] {
  const joined: Occurrence[] = []
  for (const run of runs) {
    const last = joined.at(-1)
    const end = last === undefined ? undefined : deciding(last.pieces, profile)
    const fits =
      profile.clockSkewMs > 0 &&
      last !== undefined &&
      end !== undefined &&
      startOf(last) === 0n &&
      run.memory === undefined &&
      startOf(run) !== 0n &&
      !hasEnd(run, profile)
    const gap = fits ? startOf(run) - end.end : -1n
    if (fits && gap >= 0n && gap <= BigInt(profile.clockSkewMs) * 1_000_000n) {
      joined[joined.length - 1] = {
        pieces: [...last.pieces, ...run.pieces],
        extra: [...run.extra],
        given: false,
        ...(run.opener === undefined ? {} : { opener: run.opener }),
      }
    } else joined.push(run)
  }
  return joined
}
