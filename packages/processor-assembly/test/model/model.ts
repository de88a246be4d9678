import type { PlainSpan } from '@spanloom/core/testing'

import { defaultProfile, type Profile } from '../../src/profile.ts'
import type { Plain } from '../assembly.ts'
import { type Closing, type Entry, Family, type Key, type Known, type Parentage } from './family.ts'
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
import { beginOf, makeLate, makeSpan, startSaid, toldEnd } from './span.ts'

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
  readonly #family: Family
  #closings: Closing[] = []
  #order: number = 0
  #out: Plain[] = []

  constructor(profiles: ReadonlyMap<string, Profile>) {
    this.#profiles = profiles
    this.#family = new Family({
      all: this.#keys,
      profileOf: (key) => this.#profileOf(key),
      walk: (key) => this.#walk(key),
    })
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
    const name = this.#family.naming(run, profile)?.parentKey ?? ''
    if (profile.waitForParentMs > 0 && name !== '' && this.#family.find(name, beginOf(run)) === undefined) {
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
      for (const known of this.#family.knownOf(key)) {
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
    const outcome = makeLate(piece, of, this.#profileOf(key), (name, at) => this.#family.target(name, at))
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
    const orders = new Set(own.map(({ order }) => order))
    const release = (): void => void (key.held = key.held.filter(({ order }) => !orders.has(order)))
    const ended = endOf(run, profile) !== undefined
    if (onlyUpdates(run, profile) && profile.orphanUpdate === 'drop') {
      return () => {
        release()
        this.#count('dropped_orphan', own.length)
      }
    } else if (!ended && !run.given && profile.onTimeout === 'drop') {
      return () => {
        release()
        this.#count('dropped_timeout', own.length)
      }
    }
    const place = this.#family.parentage(known)
    const rerunOf =
      profile.rerunLink && previous !== undefined
        ? { traceId: this.#family.parentage(previous).traceId, spanId: previous.ids.spanId }
        : undefined
    const span = makeSpan(run, profile, { ...place, spanId: ids.spanId }, rerunOf, (name, at) =>
      this.#family.target(name, at),
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

  #memoryOf({ run, profile, ids }: Known, span: Plain, place: Parentage & { parentName?: string }): Memory {
    const last = deciding(run.pieces, profile)
    const ending = run.pieces.at(-1)
    const [first] = run.pieces
    const until = last === undefined ? (run.cutAt?.place ?? (ending && spotOf(ending))) : spotOf(last)
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
}
