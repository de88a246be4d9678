import type { PlainSpan } from '@spanloom/core/testing'

import { canonicalKey } from '../../src/fragment/key.ts'
import type { Profile } from '../../src/profile.ts'
import type { Piece } from './fragment.ts'
import { type Memory, type Occurrence, onlyUpdates, type Walk } from './runs.ts'
import { beginOf, digest, type Ids, merged, startSaid, starter, toldEnd } from './span.ts'

export interface Entry {
  readonly plain: PlainSpan
  readonly order: number
  readonly arrived: number
  readonly wall: number
}

export interface Closing extends Entry {
  readonly key: string
  readonly until: number
  merged: boolean
  dropped: boolean
}

export interface Key {
  readonly name: string
  profile: string | undefined
  readonly seen: Set<string>
  held: Entry[]
  /** Copies of closing ends, its own included. */
  closings: Closing[]
  memories: Memory[]
  readonly groups: Set<string>
  readonly aliases: Set<string>
  /** Ids of its fragments. */
  readonly ids: Set<string>
  lastArrival: number
  lastLeave: number
}

export interface Known {
  readonly key: Key
  readonly run: Occurrence
  readonly ids: Ids
  readonly previous: Known | undefined
  readonly adoptsFrom: bigint
  readonly profile: Profile
}

export interface Parentage {
  readonly traceId: string
  readonly parentSpanId: string
  readonly ignored: string
}

/** What the family knows of the keys. */
export interface Keys {
  readonly all: ReadonlyMap<string, Key>
  profileOf(key: Key): Profile
  walk(key: Key): Walk
}

/** Ids and parents: sections 4 and 6 of the rules. */
export class Family {
  readonly #of: Keys

  constructor(of: Keys) {
    this.#of = of
  }

  knownOf(key: Key): readonly Known[] {
    const profile = this.#of.profileOf(key)
    const { runs } = this.#of.walk(key)
    const known: Known[] = []
    const taken = new Set(key.memories.map(({ spanId }) => spanId))
    let previous: Known | undefined
    for (const run of runs) {
      const vanishes = onlyUpdates(run, profile) && profile.orphanUpdate === 'drop'
      const adoptsFrom = startSaid(run) ? beginOf(run) : previous === undefined ? -1n : this.#over(previous)
      const one: Known = { key, run, ids: this.#idsOf(run, taken), previous, adoptsFrom, profile }
      if (!vanishes) taken.add(one.ids.spanId)
      known.push(one)
      if (!vanishes) previous = one
    }
    return known
  }

  /** Runs that are spans or will be, as far as is known. */
  spansOf(key: Key): readonly Known[] {
    return this.knownOf(key).filter(
      ({ run, profile }) => !(onlyUpdates(run, profile) && profile.orphanUpdate === 'drop'),
    )
  }

  #over({ run, profile }: Known): bigint {
    const end = toldEnd(run, profile)
    const begin = beginOf(run)
    return end < begin ? begin : end
  }

  #idsOf(run: Occurrence, taken: ReadonlySet<string>): Ids {
    if (run.memory !== undefined) return run.memory
    const source = starter(run) ?? run.pieces[0]
    const { traceId = '', spanId = '' } = source?.plain ?? {}
    if (!taken.has(spanId)) return { traceId, spanId }
    const digits = digest(`${traceId}/${spanId}#${beginOf(run)}`)
    const free = [0, 16, 32, 48].map((at) => digits.slice(at, at + 16)).find((id) => !taken.has(id))
    return { traceId, spanId: free ?? digits.slice(0, 16) }
  }

  find(name: string, at: bigint): Known | undefined {
    const key = this.#of.all.get(name)
    const byKey = key === undefined ? [] : this.spansOf(key)
    const runs =
      byKey.length > 0
        ? byKey
        : [...this.#of.all.values()].flatMap((one) =>
            this.spansOf(one).filter(({ run }) =>
              (run.memory?.aliases ?? run.pieces.flatMap(({ aliases }) => aliases)).includes(name),
            ),
          )
    const place = ({ adoptsFrom, key: { name: own } }: Known): [bigint, string] => [
      adoptsFrom,
      canonicalKey(own),
    ]
    const sorted = runs.toSorted((a, b) => compare(place(a), place(b)))
    return sorted.findLast(({ adoptsFrom }) => adoptsFrom <= at) ?? sorted[0]
  }

  target(name: string, at: bigint): Ids | undefined {
    const known = this.find(name, at)
    return known && { traceId: this.parentage(known).traceId, spanId: known.ids.spanId }
  }

  naming(run: Occurrence, profile: Profile): Piece | undefined {
    return merged(run, profile).findLast(
      ({ closing, plain, parentKey }) => !closing && ((plain.parentSpanId ?? '') !== '' || parentKey !== ''),
    )
  }

  /** The parent that is named, as a known span. */
  #parentOf(known: Known): { readonly parent?: Known; readonly self?: boolean; readonly byKey?: boolean } {
    const { run, profile, ids } = known
    if (run.memory !== undefined) {
      const { parentName, parentSpanId } = run.memory
      const parent = parentSpanId === '' ? undefined : this.#byId(parentName, parentSpanId)
      return parent === undefined ? {} : { parent }
    }
    const naming = this.naming(run, profile)
    if (naming === undefined) return {}
    const found = naming.parentKey === '' ? undefined : this.find(naming.parentKey, beginOf(run))
    if (found !== undefined)
      return found.ids.spanId === ids.spanId ? { self: true } : { parent: found, byKey: true }
    const guess = naming.plain.parentSpanId ?? ''
    if (guess === '') return {}
    const { traceId, spanId } = naming.plain
    if (guess === spanId || (guess === ids.spanId && traceId === ids.traceId)) return { self: true }
    const parent = this.#byId(`${traceId}/${guess}`, guess)
    return parent === undefined ? {} : { parent }
  }

  #byId(name: string, spanId: string): Known | undefined {
    const keys = [...this.#of.all.values()].filter((key) => key.name === name || key.ids.has(name))
    const own = keys.toSorted(
      (a, b) =>
        Number(b.name === name) - Number(a.name === name) ||
        compare([0n, canonicalKey(a.name)], [0n, canonicalKey(b.name)]),
    )
    return own.flatMap((key) => this.spansOf(key)).find(({ ids }) => ids.spanId === spanId)
  }

  parentage(known: Known): Parentage & { parentName?: string } {
    const { run, ids, profile } = known
    if (run.memory !== undefined) return { ...run.memory, ignored: '' }
    const naming = this.naming(run, profile)
    const trace = naming?.plain.traceId ?? ids.traceId
    const { parent, self, byKey } = this.#parentOf(known)
    if (self === true) return { traceId: trace, parentSpanId: '', ignored: 'self' }
    if (this.#losesByCycle(known)) return { traceId: trace, parentSpanId: '', ignored: 'cycle' }
    if (byKey === true && parent !== undefined) {
      const { traceId } = this.parentage(parent)
      return { traceId, parentSpanId: parent.ids.spanId, ignored: '', parentName: parent.key.name }
    }
    const parentSpanId = naming?.plain.parentSpanId ?? ''
    return { traceId: trace, parentSpanId, ignored: '', parentName: `${trace}/${parentSpanId}` }
  }

  #losesByCycle(known: Known): boolean {
    const members = [known]
    for (;;) {
      const last = members.at(-1)
      const next = last === undefined ? undefined : this.#parentOf(last).parent
      if (next === undefined) return false
      if (isSame(next, known)) break
      if (members.some((member) => isSame(member, next))) return false
      members.push(next)
    }
    const here = members.filter(({ run }) => run.memory === undefined)
    const loser = here.toSorted((a, b) => {
      const left = beginOf(a.run)
      const right = beginOf(b.run)
      return left === right ? (a.ids.spanId < b.ids.spanId ? -1 : 1) : left < right ? -1 : 1
    })[0]
    return loser !== undefined && isSame(loser, known)
  }
}

function isSame(left: Known, right: Known): boolean {
  return left.key === right.key && left.ids.spanId === right.ids.spanId
}

function compare([left, leftKey]: [bigint, string], [right, rightKey]: [bigint, string]): number {
  if (left !== right) return left < right ? -1 : 1
  return leftKey === rightKey ? 0 : leftKey < rightKey ? -1 : 1
}
