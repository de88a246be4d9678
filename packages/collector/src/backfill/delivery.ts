import { type AccountReading, type Clock, type Collector, sleep } from '@spanloom/core'

import type { ProgressReport } from './progress.ts'

const pollMs = 100
const patienceMs = 60_000
/** What does not move for so long waits for what history does not have, such as the end of an issue that is open. */
const quietMs = 3_000
const tellMs = 10_000

type Books = Pick<Collector, 'accounting'>

/**
 * Waits until nothing of what was handed over is held in memory any more, so that going on from here loses nothing
 * even if the process is killed. Answers whether that came to be within a minute.
 */
export async function drained(collector: Books, clock: Clock, signal: AbortSignal): Promise<boolean> {
  for (const limit = clock.monotonic() + patienceMs; clock.monotonic() < limit;) {
    if (collector.accounting().every(isEmpty)) return true
    await sleep(clock, pollMs, signal)
  }
  return false
}

/** Waits, however long it takes, until the exporters have delivered what they were given, or have given it up. */
export async function delivered(
  collector: Books,
  clock: Clock,
  signal: AbortSignal,
  report: ProgressReport,
): Promise<void> {
  await settled(collector, clock, signal)
  for (let told = clock.monotonic(); ;) {
    const waiting = collector.accounting().filter((book) => book.kind === 'exporter' && !isEmpty(book))
    if (waiting.length === 0) return
    if (clock.monotonic() - told >= tellMs) {
      told = clock.monotonic()
      const spans = waiting.reduce((sum, { held }) => sum + held, 0)
      report.say(`Waiting for ${waiting.map(({ id }) => id).join(', ')} to deliver ${spans} spans.`)
    }
    await sleep(clock, pollMs, signal)
  }
}

/** Waits until everything has gone as far as it goes. What is left leaves, or is dropped, at the stop. */
async function settled(collector: Books, clock: Clock, signal: AbortSignal): Promise<void> {
  let [before, since] = ['', clock.monotonic()]
  while (clock.monotonic() - since < quietMs) {
    const books = collector.accounting()
    if (books.every(isEmpty)) return
    const state = JSON.stringify(books.filter(({ kind }) => kind !== 'exporter'))
    if (state !== before) [before, since] = [state, clock.monotonic()]
    await sleep(clock, pollMs, signal)
  }
}

/** Spans that nobody will get any more: those that exporters dropped, and that the pipeline refused for good. */
export function lostSpans(collector: Books): number {
  return collector
    .accounting()
    .filter(({ kind }) => kind === 'exporter' || kind === 'receiver')
    .flatMap(({ dropped }) => Object.values(dropped))
    .reduce((sum, count) => sum + count, 0)
}

const isEmpty = ({ held, inFlight }: AccountReading): boolean => held === 0 && inFlight === 0
