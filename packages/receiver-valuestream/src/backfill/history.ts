import type { Source, SourceEvent } from '../model/translation.ts'

/** A delivery that was rebuilt from history, as a webhook would have brought it. */
export interface Delivery {
  readonly source: Source
  readonly event: SourceEvent
}

/** A part of the history that was read in one piece. */
export interface HistoryPage {
  readonly deliveries: readonly Delivery[]
  /** Where to go on after this page; absent after the last one. Holds no credentials. */
  readonly next?: string | undefined
  /** Items of the source that the page had, whether they made deliveries or not. */
  readonly items: number
}

/** One list of a source, such as the issues of one repository. */
export interface HistoryStream {
  /** Stable and unique in the history, such as `acme/shop issues`. */
  readonly name: string
  /** Reads from the beginning, or from where a page said. */
  readonly pages: (from: string | undefined) => AsyncIterable<HistoryPage>
}

/** Everything that a back-fill reads, in this order. */
export type History = readonly HistoryStream[]

/** Which operations are wanted: those that ended in this time, unix milliseconds; `until` is not in it. */
export interface Range {
  readonly sinceMs: number
  readonly untilMs: number
}

/** Whether something ended in the range. */
export function isIn({ sinceMs, untilMs }: Range, time: unknown): boolean {
  const at = typeof time === 'string' || typeof time === 'number' ? new Date(time).getTime() : Number.NaN
  return at >= sinceMs && at < untilMs
}

/** Whether the time is before the range, or missing. */
export function isBefore({ sinceMs }: Range, time: unknown): boolean {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(at) || at < sinceMs
}

const dayMs = 86_400_000

/** Runs and deployments may wait for approval for so long before they end. */
const longestWaitMs = 35 * dayMs

/** The range in which something was created that ended in this range. */
export function creationRange({ sinceMs, untilMs }: Range): Range {
  return { sinceMs: Math.max(0, sinceMs - longestWaitMs), untilMs }
}

/** A moment as APIs take it. */
export const isoTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
