import type { Graph } from '../pipeline/graph.ts'
import { Boundaries, type BoundarySide } from './boundary.ts'
import {
  boundariesOf,
  type BoundaryName,
  type BoundaryView,
  findBoundaries,
  type TapTarget,
} from './tap-target.ts'
import { Tap, type TapEnd } from './tap.ts'

interface OpenTap {
  readonly target: TapTarget
  watched: readonly BoundaryName[]
}

/** Where taps are opened, and where it is known which boundaries they watch. */
export class TapDesk {
  readonly boundaries: Boundaries = new Boundaries()
  readonly #graph: () => Graph | undefined
  readonly #open = new Map<Tap, OpenTap>()
  #closed = false

  /** `graph` is the one that runs at the moment. */
  constructor(graph: () => Graph | undefined) {
    this.#graph = graph
  }

  /** Everything that can be watched. */
  list(): readonly BoundaryView[] {
    const graph = this.#graph()
    return graph === undefined ? [] : boundariesOf(graph)
  }

  /** @throws SpanloomError `BOUNDARY_UNKNOWN` */
  open(target: TapTarget): Tap {
    const watched = this.#find(target)
    const tap = new Tap((ended) => this.#forget(ended))
    for (const { key, side } of watched) this.boundaries.of(key, side).watch(tap)
    this.#open.set(tap, { target, watched })
    if (this.#closed) tap.close('shutdown')
    return tap
  }

  /** Follows a reload: taps go on at what took the place of what they watched, and end where nothing did. */
  follow(): void {
    for (const [tap, open] of this.#open) {
      const found = this.#findOrNothing(open.target)
      if (found.length === 0) tap.close('gone')
      else this.#move(tap, open, found)
    }
    const graph = this.#graph()
    if (graph !== undefined) this.boundaries.keepOnly(graph.nodes)
  }

  /** Ends all taps, and at once those that are still opened. */
  close(end: TapEnd): void {
    this.#closed = true
    for (const tap of this.#open.keys()) tap.close(end)
  }

  #move(tap: Tap, open: OpenTap, to: readonly BoundaryName[]): void {
    const [before, after] = [named(open.watched), named(to)]
    for (const [name, { key, side }] of before)
      if (!after.has(name)) this.boundaries.of(key, side).unwatch(tap)
    for (const [name, { key, side }] of after) if (!before.has(name)) this.boundaries.of(key, side).watch(tap)
    open.watched = to
  }

  #forget(tap: Tap): void {
    for (const { key, side } of this.#open.get(tap)?.watched ?? []) this.boundaries.of(key, side).unwatch(tap)
    this.#open.delete(tap)
  }

  #find(target: TapTarget): readonly BoundaryName[] {
    return findBoundaries(this.#graph() ?? { nodes: new Map(), startOrder: [] }, target)
  }

  #findOrNothing(target: TapTarget): readonly BoundaryName[] {
    try {
      return this.#find(target)
    } catch {
      return []
    }
  }
}

function named(names: readonly { key: string; side: BoundarySide }[]): ReadonlyMap<string, BoundaryName> {
  return new Map(names.map((name) => [`${name.side} ${name.key}`, name]))
}
