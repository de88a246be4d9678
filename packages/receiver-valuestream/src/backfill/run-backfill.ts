import { PermanentError, type Traces, TracesBuilder } from '@spanloom/core'

import type { Milestone, Translation } from '../model/translation.ts'
import type { Delivery, History, HistoryStream } from './history.ts'
import { beginning, type Position } from './resume-token.ts'

/** What has been read so far. */
export interface BackfillProgress {
  /** The stream that is being read. */
  readonly stream: string
  readonly streamsDone: number
  readonly streams: number
  /** Items that the source listed. */
  readonly items: number
  readonly deliveries: number
  /** Deliveries that yielded nothing, or that could not be read. */
  readonly ignored: number
  readonly unreadable: number
  readonly fragments: number
  /** Operations that ended. */
  readonly ended: number
}

/** How a back-fill is run. */
export interface BackfillOptions {
  readonly history: History
  /** The translation that live deliveries take, too. */
  readonly translate: (delivery: Delivery) => Translation
  /** Takes responsibility for the fragments of a page. */
  readonly take: (traces: Traces) => Promise<void>
  /** Where an earlier one had come to. Default: the beginning. */
  readonly from?: Position
  /** Everything up to the position was taken. The next page is read when this resolves. */
  readonly reached?: (position: Position, progress: BackfillProgress) => Promise<void> | void
  /** Hears of deliveries that cannot be read, which are left out. */
  readonly onUnreadable?: (stream: string, error: Error) => void
  readonly signal: AbortSignal
}

/**
 * Reads history page by page and hands it over as the fragments that webhooks would have become. A page that was
 * handed over may be handed over again after an interruption: equal fragments are one to the assembler.
 *
 * @throws whatever reading or handing over throws; the signal's reason when that aborts
 */
export async function runBackfill(options: BackfillOptions): Promise<BackfillProgress> {
  const { history, from = beginning, signal } = options
  const done = new Set(from.done)
  const tally = new Tally(history.length)
  for (const stream of history) {
    tally.enter(stream.name, done.size)
    if (done.has(stream.name)) continue
    await readStream(stream, stream.name === from.stream ? from.next : undefined, [...done], tally, options)
    signal.throwIfAborted()
    done.add(stream.name)
    tally.enter(stream.name, done.size)
    await options.reached?.({ done: [...done] }, tally.progress)
  }
  return tally.progress
}

async function readStream(
  { name, pages }: HistoryStream,
  from: string | undefined,
  done: readonly string[],
  tally: Tally,
  { translate, take, reached, onUnreadable, signal }: BackfillOptions,
): Promise<void> {
  for await (const { deliveries, items, next } of pages(from)) {
    signal.throwIfAborted()
    const builder = new TracesBuilder()
    tally.items += items
    for (const delivery of deliveries) {
      tally.deliveries++
      try {
        const { fragments, milestones, ignored } = translate(delivery)
        if (ignored !== undefined) tally.ignored++
        for (const fragment of fragments) builder.add(fragment)
        tally.count(milestones)
      } catch (error) {
        // What one item lacks must not stop the others.
        if (!(error instanceof PermanentError)) throw error
        tally.unreadable++
        onUnreadable?.(name, error)
      }
    }
    const traces = builder.build()
    tally.fragments += traces.spanCount
    if (traces.spanCount > 0) await take(traces)
    if (next !== undefined) await reached?.({ done, stream: name, next }, tally.progress)
  }
}

class Tally {
  items: number = 0
  deliveries: number = 0
  ignored: number = 0
  unreadable: number = 0
  fragments: number = 0
  #ended: number = 0
  #stream: string = ''
  #done: number = 0
  readonly #streams: number

  constructor(streams: number) {
    this.#streams = streams
  }

  enter(stream: string, done: number): void {
    this.#stream = stream
    this.#done = done
  }

  count(milestones: readonly Milestone[]): void {
    for (const { state } of milestones) if (state === 'end') this.#ended++
  }

  get progress(): BackfillProgress {
    const { items, deliveries, ignored, unreadable, fragments } = this
    return {
      stream: this.#stream,
      streamsDone: this.#done,
      streams: this.#streams,
      items,
      deliveries,
      ignored,
      unreadable,
      fragments,
      ended: this.#ended,
    }
  }
}
