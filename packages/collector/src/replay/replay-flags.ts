import { type Clock, parseDuration, SpanloomError } from '@spanloom/core'
import type { Shift } from '@spanloom/receiver-file/recording'

import { parseMoment } from '../backfill/request.ts'
import { plain } from '../verbs/queue-table.ts'

/** How a recording is played. */
export interface Pace {
  /** 0 is as fast as possible. */
  readonly speed: number
  readonly shift: Shift
  /** Spans or requests in a second at most. */
  readonly rate: number
  /** Spans or requests at most. */
  readonly limit: number
  readonly loop: boolean
}

/** The flags as they stand on the command line. */
export interface PaceFlags {
  readonly speed?: string
  readonly shift?: string
  readonly rate?: string
  readonly limit?: string
  readonly loop?: boolean
}

/** @throws SpanloomError `FLAG_INVALID` */
export function parsePace({ speed, shift, rate, limit, loop = false }: PaceFlags, clock: Clock): Pace {
  return {
    speed: speed === undefined || speed === 'max' ? 0 : speedOf(speed),
    shift: shift === undefined ? 'none' : parseShift(shift, clock),
    rate: rate === undefined ? Infinity : rateOf(rate),
    limit: limit === undefined ? Infinity : countOf('--limit', limit),
    loop,
  }
}

/** How long something is sent again, in milliseconds. @throws SpanloomError `FLAG_INVALID` */
export function parseRetryFor(text: string): number {
  const ms = parseDuration(text)
  if (typeof ms === 'number' && ms >= 0) return ms
  throw invalid('--retry-for', text, 'It is a duration such as 30s; 0 sends everything once only.')
}

function speedOf(text: string): number {
  const speed = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0
  if (speed > 0 && speed <= 1e9) return speed
  throw invalid('--speed', text, 'It is max, 1 for the pace of the recording, or 10 for ten times that.')
}

function parseShift(text: string, clock: Clock): Shift {
  if (text === 'now' || text === 'none') return text
  if (/^\d{4}-/.test(text)) {
    return { toUnixNano: BigInt(parseMoment('--shift', text, clock.now())) * 1_000_000n }
  }
  const [, days] = /^([-+]?\d{1,6})d$/.exec(text) ?? []
  const ms = days === undefined ? parseDuration(text) : Number(days) * 86_400_000
  if (typeof ms === 'number') return { byNanos: BigInt(Math.round(ms * 1000)) * 1000n }
  throw invalid(
    '--shift',
    text,
    'It is now, a time such as 2026-03-01T08:00:00Z, or a duration such as 36h or -7d.',
  )
}

function rateOf(text: string): number {
  const [, count, unit = 's'] = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(text) ?? []
  const seconds = { s: 1, m: 60, h: 3600 }[unit] ?? 1
  const rate = Number(count) / seconds
  if (rate > 0) return rate
  throw invalid('--rate', text, 'It is a number in each second such as 100, or 6000/m.')
}

function countOf(flag: string, text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw invalid(flag, text, 'It is a number, 1 or more.')
}

const invalid = (flag: string, text: string, hint: string): SpanloomError =>
  new SpanloomError('FLAG_INVALID', `${flag} is not understood: "${plain(text)}"`, { hint })
