import type { Traces } from '../traces/traces.ts'

/** Which side of a component: what it takes, or what it hands on. */
export type BoundarySide = 'input' | 'output'

/** Sees what passes a boundary. Must neither throw nor wait: it is called on the way of the data. */
export interface Watcher {
  see(traces: Traces): void
}

/**
 * A place between two components where somebody may watch. It belongs to a node of the graph and not to an instance,
 * so that it stays when a reload puts one instance in the place of another.
 */
export class Boundary {
  /** `undefined` while nobody watches: all that a batch has to ask. */
  #watchers: readonly Watcher[] | undefined

  /** Shows a batch to those who watch. Sharing is enough, as batches never change. */
  pass(traces: Traces): void {
    if (this.#watchers === undefined) return
    for (const watcher of this.#watchers) watcher.see(traces)
  }

  /** Lets `watcher` see everything from now on, until {@link unwatch}. */
  watch(watcher: Watcher): void {
    this.#watchers = [...(this.#watchers ?? []), watcher]
  }

  unwatch(watcher: Watcher): void {
    const others = this.#watchers?.filter((each) => each !== watcher) ?? []
    this.#watchers = others.length === 0 ? undefined : others
  }
}

/** The boundaries of all nodes that there are. */
export class Boundaries {
  readonly #known = new Map<string, Record<BoundarySide, Boundary>>()

  /** The boundary on that side of the node with that key; the same one as long as the graph has the node. */
  of(key: string, side: BoundarySide): Boundary {
    let sides = this.#known.get(key)
    if (sides === undefined) {
      sides = { input: new Boundary(), output: new Boundary() }
      this.#known.set(key, sides)
    }
    return sides[side]
  }

  /** Forgets the boundaries of all but these nodes. */
  keepOnly(keys: { has(key: string): boolean }): void {
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key)
  }
}
