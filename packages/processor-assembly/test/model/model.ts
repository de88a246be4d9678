import { type PlainSpan } from '@spanloom/core/testing'

import { canonicalKey } from '../../src/key.ts'
import { defaultProfile, type Profile } from '../../src/profile.ts'
import { type Plain } from '../assembly.ts'
import { isWhole, type Piece, readPiece } from './fragment.ts'
import {
  deciding,
  divide,
  endOf,
  type Memory,
  type Occurrence,
  onlyUpdates,
  spotOf,
  startOf,
  statusText,
  type Walk,
} from './runs.ts'
import { beginOf, digest, type Ids, makeLate, makeSpan, merged, startSaid, starter, toldEnd } from './span.ts'

interface Entry {
  readonly plain: PlainSpan
  readonly order: number
  readonly arrived: number
  readonly wall: number
}

interface Closing extends Entry {
  readonly key: string
  readonly until: number
  merged: boolean
  dropped: boolean
}

interface Key {
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

interface Known {
  readonly key: Key
  readonly run: Occurrence
  readonly ids: Ids
  readonly previous: Known | undefined
  readonly adoptsFrom: bigint
  readonly profile: Profile
}

interface Parentage {
  readonly traceId: string
  readonly parentSpanId: string
  readonly ignored: string
}

/**
 * The rules of `assembly.md`, written once more: everything is decoded, and everything is computed again from all
 * that is known whenever something happens. Slow, and simple.
 */
export class Model {
  now: number = 0
  wall: number = 0
  readonly counters: Record<string, number> = {}
  readonly #profiles: ReadonlyMap<string, Profile>
  readonly #keys = new Map<string, Key>()
  #closings: Closing[] = []
  #order: number = 0
  #out: Plain[] = []

  constructor(profiles: ReadonlyMap<string, Profile>) {
    this.#profiles = profiles
  }

  get held(): number {
    const own = [...this.#keys.values()].reduce((sum, { held }) => sum + held.length, 0)
    return own + this.#closings.filter(({ merged: isMerged, dropped }) => !isMerged && !dropped).length
  }

  take(): readonly Plain[] {
    const out = this.#out
    this.#out = []
    return out
  }

  add(plain: PlainSpan): void {
    this.#settle()
    const piece = readPiece(plain, 0, 0, 0, defaultProfile.ranks)
    if (isWhole(plain) && !this.#keys.has(piece.key)) {
      this.#count('in')
      this.#count('passed')
      this.#out.push(plain as Plain)
      return
    }
    this.#count('in')
    const key = this.#keyOf(piece.key)
    if (key.seen.has(piece.identity)) return this.#count('duplicate')
    key.seen.add(piece.identity)
    if (piece.profile !== '') key.profile ??= piece.profile
    for (const alias of piece.aliases) key.aliases.add(alias)
    if (!piece.closing) key.ids.add(`${plain.traceId}/${plain.spanId}`)
    if (piece.group !== '') key.groups.add(piece.group)
    const entry = { plain, order: ++this.#order, arrived: this.now, wall: this.wall }
    const isNew = key.held.length + key.closings.length === 0
    if (!piece.closing || isNew) key.lastArrival = this.now
    if (piece.closing) {
      const until = this.now + this.#profileOf(key).startWaitMs
      const closing = { ...entry, key: piece.key, until, merged: false, dropped: false }
      this.#closings.push(closing)
      for (const one of this.#keys.values()) {
        if (one === key || (one.groups.has(piece.key) && one.held.length + one.closings.length > 0)) {
          if (one === key || !one.seen.has(piece.identity)) one.closings.push(closing)
          one.seen.add(piece.identity)
        }
      }
    } else key.held.push(entry)
    for (const closing of this.#closings) {
      if (closing.until <= this.now || !key.groups.has(closing.key) || key.closings.includes(closing))
        continue
      const { identity } = this.#read(closing, key)
      if (key.seen.has(identity)) continue
      key.seen.add(identity)
      key.closings.push(closing)
    }
    this.#settle()
  }

  advance(until: number): void {
    for (;;) {
      const next = this.#nextDue()
      if (next > until) break
      this.wall += Math.max(0, next - this.now)
      this.now = Math.max(this.now, next)
      this.#settle()
    }
    this.wall += until - this.now
    this.now = until
  }

  flush(): void {
    this.#leave(() => true)
    for (const closing of this.#closings) this.#dropClosing(closing)
    for (const key of this.#keys.values()) key.closings = []
    this.#closings = []
    this.#forget()
  }

  #count(name: string, by: number = 1): void {
    this.counters[name] = (this.counters[name] ?? 0) + by
  }

  #keyOf(name: string): Key {
    let key = this.#keys.get(name)
    if (key === undefined) {
      key = {
        name,
        profile: undefined,
        seen: new Set(),
        held: [],
        closings: [],
        memories: [],
        groups: new Set(),
        aliases: new Set(),
        ids: new Set(),
        lastArrival: this.now,
        lastLeave: 0,
      }
      this.#keys.set(name, key)
    }
    return key
  }

  #profileOf(key: Key): Profile {
    return this.#profiles.get(key.profile ?? 'default') ?? this.#profiles.get('default') ?? defaultProfile
  }

  #read({ plain, order, arrived, wall }: Entry, key: Key): Piece {
    return readPiece(plain, order, arrived, wall, this.#profileOf(key).ranks)
  }

  #walk(key: Key): Walk {
    const pieces = [...key.held, ...key.closings].map((entry) => this.#read(entry, key))
    return divide(pieces, key.memories, this.#profileOf(key))
  }

  /** Lets everything leave that is due, until nothing more is. */
  #settle(): void {
    while (this.#leave((due) => due <= this.now)) this.#forget()
    this.#forget()
  }

  #forget(): void {
    for (const [name, key] of this.#keys) {
      if (key.held.length + key.closings.length > 0) continue
      if (key.memories.length > 0 && key.lastLeave + this.#profileOf(key).tombstoneTtlMs > this.now) continue
      this.#keys.delete(name)
    }
    this.#closings = this.#closings.filter(
      (closing) =>
        closing.until > this.now || [...this.#keys.values()].some((key) => key.closings.includes(closing)),
    )
  }

  #nextDue(): number {
    const dues: number[] = []
    for (const key of this.#keys.values()) {
      const walk = this.#walk(key)
      const profile = this.#profileOf(key)
      if (key.held.length + key.closings.length === 0) dues.push(key.lastLeave + profile.tombstoneTtlMs)
      for (const run of walk.runs) if (run.memory === undefined) dues.push(this.#dueOf(key, walk, run))
      for (const { piece } of walk.waiting) dues.push(piece.arrived + profile.startWaitMs)
      for (const piece of walk.idle) dues.push(this.#closingOf(piece).until)
    }
    return Math.min(...dues)
  }

  #closingOf(piece: Piece): Closing {
    const closing = this.#closings.find(({ order }) => order === piece.order)
    if (closing === undefined) throw new Error('The model lost a closing end.')
    return closing
  }

  #dueOf(key: Key, { runs }: Walk, run: Occurrence): number {
    const profile = this.#profileOf(key)
    const effective = runs.flatMap(({ pieces }) =>
      pieces.filter(({ closing }) => closing).map(({ arrived }) => arrived),
    )
    const settled = Math.max(key.lastArrival, ...effective) + profile.settleMs
    const own = run.pieces.filter(({ closing }) => !closing).map(({ arrived }) => arrived)
    const waited = Math.min(...own) + profile.startWaitMs
    const ended = endOf(run, profile) !== undefined
    let due: number
    if (run.given || (ended && startOf(run) !== 0n)) due = settled
    else if (ended) due = Math.max(waited, settled)
    else if (startOf(run) === 0n && profile.orphanUpdate === 'drop') return waited
    else due = Math.max(...own) + profile.idleTimeoutMs
    if (!ended && !run.given && profile.onTimeout === 'drop') return due
    if (run.given && onlyUpdates(run, profile) && profile.orphanUpdate === 'drop') return due
    const name = this.#naming(run, profile)?.parentKey ?? ''
    if (profile.waitForParentMs > 0 && name !== '' && this.#find(name, beginOf(run)) === undefined) {
      due += profile.waitForParentMs
    }
    return due
  }

  /** Lets leave what is due; all is looked at before anything changes. */
  #leave(isDue: (due: number) => boolean): boolean {
    const changes: (() => void)[] = []
    for (const key of this.#keys.values()) {
      const walk = this.#walk(key)
      const profile = this.#profileOf(key)
      for (const { piece, of } of walk.late) changes.push(this.#lateChange(key, piece, of))
      for (const { piece, of } of walk.waiting) {
        if (isDue(piece.arrived + profile.startWaitMs)) changes.push(this.#lateChange(key, piece, of))
      }
      for (const known of this.#knownOf(key)) {
        if (known.run.memory === undefined && isDue(this.#dueOf(key, walk, known.run)))
          changes.push(this.#runChange(known))
      }
      for (const piece of walk.idle) {
        const closing = this.#closingOf(piece)
        if (!isDue(closing.until)) continue
        changes.push(() => {
          key.closings = key.closings.filter((one) => one !== closing)
          if (![...this.#keys.values()].some((one) => one.closings.includes(closing)))
            this.#dropClosing(closing)
        })
      }
    }
    for (const change of changes) change()
    return changes.length > 0
  }

  #dropClosing(closing: Closing): void {
    if (closing.merged || closing.dropped) return
    closing.dropped = true
    this.#count('dropped_close')
  }

  #lateChange(key: Key, piece: Piece, of: Memory): () => void {
    const outcome = makeLate(piece, of, this.#profileOf(key), (name, at) => this.#target(name, at))
    return () => {
      key.held = key.held.filter(({ order }) => order !== piece.order)
      if (typeof outcome === 'string') return this.#count(`dropped_${outcome}`)
      this.#count('late')
      this.#out.push(outcome)
    }
  }

  #runChange(known: Known): () => void {
    const { key, run, profile, ids, previous } = known
    const own = run.pieces.filter(({ closing }) => !closing)
    const release = (): void => {
      key.held = key.held.filter(({ order }) => !own.some((piece) => piece.order === order))
    }
    const ended = endOf(run, profile) !== undefined
    if (onlyUpdates(run, profile) && profile.orphanUpdate === 'drop') {
      return () => {
        release()
        this.#count('dropped_orphan', own.length)
      }
    }
    if (!ended && !run.given && profile.onTimeout === 'drop') {
      return () => {
        release()
        this.#count('dropped_timeout', own.length)
      }
    }
    const place = this.#parentage(known)
    const rerunOf =
      profile.rerunLink && previous !== undefined
        ? { traceId: this.#parentage(previous).traceId, spanId: previous.ids.spanId }
        : undefined
    const span = makeSpan(run, profile, { ...place, spanId: ids.spanId }, rerunOf, (name, at) =>
      this.#target(name, at),
    )
    const memory = this.#memoryOf(known, span, place)
    return () => {
      release()
      this.#count('merged', own.length)
      for (const piece of run.pieces) {
        if (!piece.closing) continue
        const closing = this.#closingOf(piece)
        if (!closing.merged) this.#count('merged')
        closing.merged = true
        key.closings = key.closings.filter((one) => one !== closing)
      }
      key.memories.push(memory)
      key.lastLeave = this.now
      this.#out.push(span)
    }
  }

  #memoryOf(
    { run, profile, ids, key }: Known,
    span: Plain,
    place: Parentage & { parentName?: string },
  ): Memory {
    const last = deciding(run.pieces, profile)
    const ending = run.pieces.at(-1)
    const [first] = run.pieces
    const until = last === undefined ? (run.cutAt?.place ?? (ending && spotOf(ending))) : spotOf(last)
    void key
    return {
      traceId: place.traceId,
      spanId: ids.spanId,
      parentSpanId: place.parentSpanId,
      parentName: place.parentName ?? '',
      name: span.name,
      begin: beginOf(run),
      over: BigInt(span.endTimeUnixNano),
      told: toldEnd(run, profile),
      startTold: startOf(run) !== 0n,
      startSaid: startSaid(run),
      endTold: endOf(run, profile) !== undefined,
      endRank: (until ?? [0n, 0, 0])[1],
      status: last === undefined ? JSON.stringify(['UNSET', '']) : statusText(last),
      from: first === undefined ? [0n, 0, 0] : spotOf(first),
      until: until ?? [0n, 0, 0],
      aliases: run.pieces.flatMap(({ aliases }) => aliases),
    }
  }

  #knownOf(key: Key): readonly Known[] {
    const profile = this.#profileOf(key)
    const { runs } = this.#walk(key)
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
  #spansOf(key: Key): readonly Known[] {
    return this.#knownOf(key).filter(
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

  #find(name: string, at: bigint): Known | undefined {
    const key = this.#keys.get(name)
    const byKey = key === undefined ? [] : this.#spansOf(key)
    const runs =
      byKey.length > 0
        ? byKey
        : [...this.#keys.values()].flatMap((one) =>
            this.#spansOf(one).filter(({ run }) =>
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

  #target(name: string, at: bigint): Ids | undefined {
    const known = this.#find(name, at)
    return known && { traceId: this.#parentage(known).traceId, spanId: known.ids.spanId }
  }

  #naming(run: Occurrence, profile: Profile): Piece | undefined {
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
    const naming = this.#naming(run, profile)
    if (naming === undefined) return {}
    const found = naming.parentKey === '' ? undefined : this.#find(naming.parentKey, beginOf(run))
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
    const keys = [...this.#keys.values()].filter((key) => key.name === name || key.ids.has(name))
    const own = keys.toSorted(
      (a, b) =>
        Number(b.name === name) - Number(a.name === name) ||
        compare([0n, canonicalKey(a.name)], [0n, canonicalKey(b.name)]),
    )
    return own.flatMap((key) => this.#spansOf(key)).find(({ ids }) => ids.spanId === spanId)
  }

  #parentage(known: Known): Parentage & { parentName?: string } {
    const { run, ids, profile } = known
    if (run.memory !== undefined) return { ...run.memory, ignored: '' }
    const naming = this.#naming(run, profile)
    const trace = naming?.plain.traceId ?? ids.traceId
    const { parent, self, byKey } = this.#parentOf(known)
    if (self === true) return { traceId: trace, parentSpanId: '', ignored: 'self' }
    if (this.#losesByCycle(known)) return { traceId: trace, parentSpanId: '', ignored: 'cycle' }
    if (byKey === true && parent !== undefined) {
      const { traceId } = this.#parentage(parent)
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
