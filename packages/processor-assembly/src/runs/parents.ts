import type { Fragment } from '../fragment/fragment.ts'
import { keyOfHex } from '../fragment/key.ts'
import type { RunIds } from './ids.ts'
import type { Run } from './run.ts'
import type { KnownRun, View } from './view.ts'

/** Trace and parent of a run, as they are emitted. */
export interface Parentage {
  readonly traceId: string
  /** '' for a root. */
  readonly parentSpanId: string
  /** Canonical key under which the parent is, or would be, known; '' for a root. */
  readonly parentKey: string
  /** Why the parent that was named is not taken. */
  readonly ignored: 'self' | 'cycle' | undefined
}

/** Where runs are found by name. */
export interface Directory {
  /** Everything known about a key that is open or remembered. */
  view(key: string): View | undefined
  /** Views of the keys that some fragment gave this name. */
  byAlias(name: string): readonly View[]
  /** Views of the keys whose fragments have these ids, but another key. */
  byIds(key: string): readonly View[]
}

/** Longer chains of ancestors are cut here: nobody reads such a trace, and walking it would stop the world. */
const maxAncestors = 1_000

interface Step {
  readonly known: KnownRun
  /** What its fragments say about the parent; undefined for a root and for a run that has left. */
  readonly naming: Fragment | undefined
  readonly parent: KnownRun | undefined
  readonly byKey: boolean
  readonly isSelf: boolean
}

/** Finds the parents of runs (`assembly.md` section 6). Remembers what it found until {@link forget}. */
export class Parents {
  readonly #directory: Directory
  readonly #found = new Map<Run, Parentage>()

  constructor(directory: Directory) {
    this.#directory = directory
  }

  /** Forgets what was found; to be called whenever fragments may have come or gone. */
  forget(): void {
    if (this.#found.size > 0) this.#found.clear()
  }

  /** The run that the canonical `name` stands for at the time `at`, which is when the asker's run began. */
  find(name: string, at: bigint): KnownRun | undefined {
    const byKey = spansOf(this.#directory.view(name))
    if (byKey.length > 0) return currentAt(byKey, at)
    const byAlias = this.#directory
      .byAlias(name)
      .flatMap(({ known }) => known.filter(({ run, isSpan }) => isSpan && hasAlias(run, name)))
    return currentAt(byAlias, at)
  }

  /** The ids behind a name, as a child or link may use them. */
  target(name: string, at: bigint): RunIds | undefined {
    const known = this.find(name, at)
    return known && { traceId: this.of(known).traceId, spanId: known.ids.spanId }
  }

  /** Trace and parent of the run. */
  of(known: KnownRun): Parentage {
    const found = this.#found.get(known.run)
    if (found !== undefined) return found
    if (known.run.remembered === undefined && namingOf(known.run) === undefined) return rootOf(known)
    const chain: Step[] = []
    const places = new Map<Run, number>()
    let next: KnownRun | undefined = known
    while (next !== undefined && chain.length < maxAncestors && !this.#found.has(next.run)) {
      const place = places.get(next.run)
      if (place !== undefined) {
        this.#breakCycle(chain, place)
        break
      }
      places.set(next.run, chain.length)
      const step: Step = this.#stepFrom(next)
      chain.push(step)
      next = step.parent
    }
    for (const step of chain.toReversed()) this.#settle(step)
    return this.#found.get(known.run) ?? rootOf(known)
  }

  /** Of a cycle's spans that have not left, the earliest loses its parent; the others follow from it. */
  #breakCycle(chain: readonly Step[], from: number): void {
    const cycle = chain.slice(from)
    const loser = cycle.filter(({ known }) => known.run.remembered === undefined).toSorted(byStart)[0]
    if (loser === undefined) return
    this.#found.set(loser.known.run, withoutParent(loser, 'cycle'))
    const place = cycle.indexOf(loser)
    const order = [...cycle.slice(0, place).toReversed(), ...cycle.slice(place + 1).toReversed()]
    for (const step of order) this.#settle(step)
  }

  #settle(step: Step): void {
    const { known, naming, parent, byKey, isSelf } = step
    const { run, ids } = known
    if (this.#found.has(run)) return
    const { remembered } = run
    if (remembered !== undefined) {
      const { traceId, parentSpanId, parentKey } = remembered
      this.#found.set(run, { traceId, parentSpanId, parentKey, ignored: undefined })
    } else if (isSelf) this.#found.set(run, withoutParent(step, 'self'))
    else if (byKey && parent !== undefined) {
      const traceId = this.#found.get(parent.run)?.traceId ?? parent.ids.traceId
      const parentKey = parent.key
      this.#found.set(run, { traceId, parentSpanId: parent.ids.spanId, parentKey, ignored: undefined })
    } else {
      const traceId = naming?.traceId || ids.traceId
      const parentSpanId = naming?.parentSpanId ?? ''
      const parentKey = parentSpanId === '' ? '' : keyOfHex(traceId, parentSpanId)
      this.#found.set(run, { traceId, parentSpanId, parentKey, ignored: undefined })
    }
  }

  #stepFrom(known: KnownRun): Step {
    const { run } = known
    const { remembered } = run
    const step = { known, naming: undefined, parent: undefined, byKey: false, isSelf: false }
    if (remembered !== undefined) {
      const { parentKey, parentSpanId } = remembered
      return parentSpanId === '' ? step : { ...step, parent: this.#withId(parentKey, parentSpanId) }
    }
    const naming = namingOf(run)
    if (naming === undefined) return step
    if (naming.parentKey !== '') {
      const parent = this.find(naming.parentKey, run.begin)
      // The child goes into the trace of its parent: with an equal span id it would be its own.
      if (parent?.ids.spanId === known.ids.spanId) return { ...step, naming, isSelf: true }
      if (parent !== undefined) return { ...step, naming, parent, byKey: true }
    }
    const { parentSpanId } = naming
    if (parentSpanId === '') return { ...step, naming }
    const traceId = naming.traceId || known.ids.traceId
    const isSelf =
      parentSpanId === naming.spanId || (parentSpanId === known.ids.spanId && traceId === known.ids.traceId)
    const parent = isSelf ? undefined : this.#withId(keyOfHex(traceId, parentSpanId), parentSpanId)
    return { ...step, naming, parent, isSelf }
  }

  /** The run with this span id in the key, else in another key with such ids; of several the order decides. */
  #withId(key: string, spanId: string): KnownRun | undefined {
    const own = spansOf(this.#directory.view(key)).find(({ ids }) => ids.spanId === spanId)
    if (own !== undefined) return own
    const others = this.#directory
      .byIds(key)
      .flatMap((view) => spansOf(view).find(({ ids }) => ids.spanId === spanId) ?? [])
    return others.length < 2
      ? others[0]
      : others.reduce((first, other) => (other.key < first.key ? other : first))
  }
}

/** The fragment that says last, in merge order, who the parent is. */
export function namingOf({ fragments, first, end }: Run): Fragment | undefined {
  if (end?.namesParent === true && end !== first) return end
  for (let index = fragments.length - 1; index >= 0; index--) {
    const fragment = fragments[index]
    if (fragment !== undefined && fragment !== first && fragment.namesParent) return fragment
  }
  return first?.namesParent === true ? first : undefined
}

/** What others may refer to. */
function spansOf(view: View | undefined): readonly KnownRun[] {
  if (view === undefined) return []
  return view.known.every(({ isSpan }) => isSpan) ? view.known : view.known.filter(({ isSpan }) => isSpan)
}

/** The latest run that had begun, else the first. */
function currentAt(runs: readonly KnownRun[], at: bigint): KnownRun | undefined {
  let [first] = runs
  let current: KnownRun | undefined
  for (const one of runs) {
    if (first !== undefined && isBefore(one, first)) first = one
    if (one.adoptsFrom <= at && (current === undefined || !isBefore(one, current))) current = one
  }
  return current ?? first
}

/** Runs of one key keep their order; between keys of one alias the order of arrival must not count. */
function isBefore(left: KnownRun, right: KnownRun): boolean {
  if (left.adoptsFrom !== right.adoptsFrom) return left.adoptsFrom < right.adoptsFrom
  return left.key < right.key
}

function hasAlias({ remembered, fragments }: Run, name: string): boolean {
  if (remembered !== undefined) return remembered.aliases.includes(name)
  return fragments.some(({ aliases }) => aliases.includes(name))
}

function byStart(left: Step, right: Step): number {
  const leftBegin = left.known.run.begin
  const rightBegin = right.known.run.begin
  if (leftBegin !== rightBegin) return leftBegin < rightBegin ? -1 : 1
  return left.known.ids.spanId < right.known.ids.spanId ? -1 : 1
}

function withoutParent({ known, naming }: Step, ignored: 'self' | 'cycle'): Parentage {
  return { traceId: naming?.traceId || known.ids.traceId, parentSpanId: '', parentKey: '', ignored }
}

function rootOf({ ids }: KnownRun): Parentage {
  return { traceId: ids.traceId, parentSpanId: '', parentKey: '', ignored: undefined }
}
