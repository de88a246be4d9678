import type { Fragment } from '../fragment/fragment.ts'
import { comparePlaces, type Place } from '../fragment/order.ts'
import type { Profile } from '../profile.ts'
import type { Remembered } from './remembered.ts'
import { compareRemembered, isAfterEnd, Run } from './run.ts'

/** A fragment that belongs to a run which has left already. */
export interface Straggler {
  readonly fragment: Fragment
  readonly of: Remembered
}

/** What the fragments of a key come to. */
export interface Walked {
  /** All runs in order, those that are only remembered among them. */
  readonly runs: readonly Run[]
  /** Known to be late. */
  readonly late: readonly Straggler[]
  /** Late unless a start before them turns up. */
  readonly waiting: readonly Straggler[]
  /** Closing ends that found nothing open. */
  readonly idle: readonly Fragment[]
}

/**
 * Divides the fragments of one key into runs (`assembly.md` section 4). Pure: the same fragments in the same order
 * always give the same runs.
 *
 * @param fragments in order
 * @param remembered runs of the key that were emitted before
 */
export function walk(
  fragments: readonly Fragment[],
  remembered: readonly Remembered[],
  profile: Profile,
): Walked {
  const walker = new Walker(profile)
  const marks = remembered.length === 0 ? [] : marksOf(remembered)
  let next = 0
  for (const fragment of fragments) {
    for (; next < marks.length; next++) {
      const mark = marks[next]
      if (mark === undefined || comparePlaces(mark.place, fragment) > 0) break
      walker.pass(mark)
    }
    walker.take(fragment)
  }
  for (; next < marks.length; next++) {
    const mark = marks[next]
    if (mark !== undefined) walker.pass(mark)
  }
  return walker.result()
}

/** A remembered run takes part as two marks in the order: here it began, here its end became known. */
interface Mark {
  readonly place: Place
  readonly remembered: Remembered
  readonly closes: boolean
}

function marksOf(remembered: readonly Remembered[]): readonly Mark[] {
  const marks: Mark[] = []
  for (const one of remembered.toSorted(compareRemembered)) {
    marks.push({ place: one.opened, remembered: one, closes: false })
    marks.push({ place: one.closed, remembered: one, closes: true })
  }
  // A run that ended another one began at the same place: the end comes first.
  return marks.toSorted((left, right) => {
    const byPlace = comparePlaces(left.place, right.place)
    if (byPlace !== 0 || left.remembered === right.remembered) return byPlace
    return Number(right.closes) - Number(left.closes)
  })
}

class Walker {
  readonly #profile: Profile
  #runs: Run[] = []
  readonly #late: Straggler[] = []
  readonly #waiting: Straggler[] = []
  readonly #idle: Fragment[] = []
  #current: Run | undefined
  /** Whether the end of the current run, which is remembered, has been passed. */
  #over: boolean = false
  #anyRemembered: boolean = false

  constructor(profile: Profile) {
    this.#profile = profile
  }

  result(): Walked {
    if (this.#profile.clockSkewMs > 0) this.#joinSkewed()
    return { runs: this.#runs, late: this.#late, waiting: this.#waiting, idle: this.#idle }
  }

  /** Comes past a mark of a remembered run. */
  pass({ remembered, closes }: Mark): void {
    if (closes) {
      if (this.#current?.remembered === remembered) this.#over = true
      return
    }
    const before = this.#current
    if (before !== undefined && before.remembered === undefined && !before.hasEnd)
      this.#meet(before, remembered)
    this.#anyRemembered = true
    this.#over = false
    this.#current = new Run(remembered)
    this.#runs.push(this.#current)
  }

  take(fragment: Fragment): void {
    if (fragment.closing) this.#close(fragment)
    else if (fragment.kind === 'start') this.#start(fragment)
    else if (fragment.kind === 'complete') this.#complete(fragment)
    else this.#follow(fragment)
  }

  /** An open run comes upon a remembered one. */
  #meet(run: Run, remembered: Remembered): void {
    const { onRestart } = this.#profile
    // Updates begin the run after them, unless its start would have abandoned them.
    const adopts = !remembered.startTold || onRestart !== 'abandon'
    const isBeginning = run.hasStart ? !remembered.startTold : !this.#anyRemembered && adopts
    if (isBeginning) {
      this.#runs.pop()
      for (const fragment of run.fragments) this.#late.push({ fragment, of: remembered })
    } else if (remembered.startTold) {
      if (onRestart === 'abandon') run.abandoned = true
      else if (onRestart === 'close' && run.hasStart) run.closedBy = remembered
    }
  }

  #close(fragment: Fragment): void {
    const run = this.#current
    const open = run !== undefined && run.remembered === undefined && !run.hasEnd
    if (!open || (run.updatesAlone && this.#profile.orphanUpdate === 'drop')) this.#idle.push(fragment)
    else run.take(fragment, this.#profile)
  }

  #start(fragment: Fragment): void {
    const run = this.#current
    const { onRestart } = this.#profile
    if (run === undefined || this.#endedBy(run, fragment)) return this.#open(fragment)
    if (!run.hasStart && onRestart !== 'abandon') return this.#adopt(run, fragment)
    if (run.hasStart && fragment.start === run.startTime) return this.#adopt(run, fragment)
    switch (onRestart) {
      case 'ignore':
        if (run.remembered === undefined) run.extraStarts.push(fragment)
        return this.#adopt(run, fragment)
      case 'merge':
        return this.#adopt(run, fragment)
      case 'close':
        if (!run.hasEnd) run.closedBy = fragment
        return this.#open(fragment)
      case 'abandon':
        run.abandoned = !run.hasEnd
        return this.#open(fragment)
    }
  }

  /** Takes a start in, as the run's own if it has none. */
  #adopt(run: Run, fragment: Fragment): void {
    if (run.remembered !== undefined) {
      this.#late.push({ fragment, of: run.remembered })
      return
    }
    run.take(fragment, this.#profile)
    run.begun(fragment)
  }

  #complete(fragment: Fragment): void {
    const run = this.#current
    if (run !== undefined && this.#takesIn(run, fragment)) this.#adopt(run, fragment)
    else this.#open(fragment)
  }

  #takesIn(run: Run, { start }: Fragment): boolean {
    if (run.hasStart && run.startTime === start) return true
    if (run.remembered !== undefined) return !this.#over || run.remembered.end > start
    return !run.hasEnd || run.finish > start
  }

  /** An update or an end. */
  #follow(fragment: Fragment): void {
    const run = this.#current
    if (run === undefined) return this.#open(fragment)
    const { remembered } = run
    const opensNew = this.#profile.end === 'new'
    if (remembered === undefined) {
      const { end } = run
      if (opensNew && end !== undefined && isAfterEnd(fragment, end.end, end.rank)) this.#open(fragment)
      else run.take(fragment, this.#profile)
    } else if (!this.#over || !isAfterEnd(fragment, remembered.end, remembered.endRank)) {
      this.#late.push({ fragment, of: remembered })
    } else if (opensNew) this.#open(fragment)
    else this.#waiting.push({ fragment, of: remembered })
  }

  /** Whether the run ended before the start. */
  #endedBy(run: Run, { start }: Fragment): boolean {
    const { remembered } = run
    if (remembered !== undefined) {
      // Where clocks did not agree a run's end came before its start: the start said twice does not follow it.
      const isItsStart = run.startTime === start && remembered.closed.time < start
      return this.#over && remembered.end <= start && !isItsStart
    }
    return run.hasEnd && run.finish <= start
  }

  #open(fragment: Fragment): void {
    const run = new Run()
    run.take(fragment, this.#profile)
    if (fragment.kind === 'start' || fragment.kind === 'complete') run.begun(fragment)
    this.#runs.push(run)
    this.#current = run
  }

  /** A run without start, directly followed by one without end: one run whose clocks did not agree. */
  #joinSkewed(): void {
    const skewNs = BigInt(Math.round(this.#profile.clockSkewMs * 1e6))
    const joined: Run[] = []
    for (const run of this.#runs) {
      const before = joined.at(-1)
      if (before !== undefined && isSkewed(before, run, skewNs)) before.join(run)
      else joined.push(run)
    }
    this.#runs = joined
  }
}

function isSkewed(run: Run, next: Run, skewNs: bigint): boolean {
  if (run.remembered !== undefined || next.remembered !== undefined) return false
  if (run.hasStart || run.end === undefined || !next.hasStart || next.hasEnd) return false
  const gap = next.startTime - run.end.end
  return gap >= 0n && gap <= skewNs
}
