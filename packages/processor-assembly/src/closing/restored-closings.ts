import { Envelope, Resource, Scope } from '@spanloom/core/traces'

import type { DurableStore } from '../durable/durable-store.ts'
import type { ClosingRecord, FragmentRecord } from '../durable/record-codec.ts'
import type { RestoredRecord } from '../durable/record-scan.ts'
import type { KeyState } from '../keys/key-state.ts'
import type { StoredFragment } from '../store/store.ts'
import type { ClosingEnds } from './closing-ends.ts'
import type { Closing } from './closings.ts'

type Of<Kind extends RestoredRecord['kind']> = Extract<RestoredRecord, { readonly kind: Kind }>

/** What was found of one closing end. */
interface Found extends FragmentRecord {
  /** Its own record, which is there as long as it may end something. */
  record: (ClosingRecord & { readonly key: string }) | undefined
  /** Its own key, as far as it is in it. */
  own: string | undefined
  readonly holders: Set<string>
}

/** Gathers closing ends, which may have been copied into many keys, and puts them together again. */
export class RestoredClosings {
  readonly #store: DurableStore
  readonly #state: KeyState
  readonly #closings: ClosingEnds
  readonly #found = new Map<number, Found>()

  constructor(store: DurableStore, state: KeyState, closings: ClosingEnds) {
    this.#store = store
    this.#state = state
    this.#closings = closings
  }

  /** The record of a closing end was found. */
  take(record: Of<'closing'>): void {
    this.#of(record).record = record
    this.#store.recallClosing(record.fragment.closing, record.sequence)
  }

  /** A key was found to hold a closing end, or a copy. */
  hold(record: Of<'fragment' | 'copy'>): void {
    const found = this.#of(record)
    found.holders.add(record.key)
    if (record.kind === 'fragment') found.own = record.key
  }

  /** Everything was found. */
  finish(now: number): void {
    for (const found of this.#found.values()) this.#restore(found, now)
  }

  #of({ fragment, fingerprint }: FragmentRecord): Found {
    const known = this.#found.get(fragment.closing)
    if (known !== undefined) return known
    const found: Found = {
      fragment: ownCopy(fragment),
      fingerprint,
      record: undefined,
      own: undefined,
      holders: new Set(),
    }
    this.#found.set(fragment.closing, found)
    return found
  }

  #restore({ fragment, fingerprint, record, own, holders }: Found, now: number): void {
    const key = record?.key ?? own ?? ''
    const closing: Closing = {
      number: fragment.closing,
      key,
      fingerprint,
      expiresMs: record?.expires ?? this.#expiryOf(own, fragment),
      fragment,
      given: this.#given(key, fingerprint, holders),
      holders: holders.size,
      merged: record?.merged ?? false,
    }
    this.#closings.restore(closing, now)
    // Its record is written a moment after it has come, and stays as long as a key holds it: without one it either has
    // expired long ago, or the process died before it could write one.
    if (record === undefined && own !== undefined) this.#store.closings.keep(closing)
    if (record !== undefined && closing.expiresMs <= now && closing.holders === 0)
      this.#store.closings.drop(closing)
  }

  /** Without a record it has expired, unless the process ended before it could write one. */
  #expiryOf(own: string | undefined, { arrivedMs }: StoredFragment): number {
    const slot = own === undefined ? undefined : this.#state.table.find(own)
    return slot === undefined ? arrivedMs : arrivedMs + this.#state.profileOf(slot).startWaitMs
  }

  /** Keys that have got it, be it that they have let go of it again. */
  #given(key: string, fingerprint: string, holders: ReadonlySet<string>): Set<string> {
    const { groups, table } = this.#state
    const given = new Set([key, ...holders])
    for (const slot of groups.slots(key)) {
      if (this.#store.knows(slot, fingerprint)) given.add(table.key(slot))
    }
    return given
  }
}

/** In buffers of its own, because it would keep the whole page alive that it came in. */
function ownCopy(fragment: StoredFragment): StoredFragment {
  const buffer = Buffer.from(fragment.buffer.subarray(fragment.from, fragment.to))
  const resource = new Resource(new Envelope(Buffer.from(fragment.resource.envelope.bytes)))
  const scope = new Scope(new Envelope(Buffer.from(fragment.scope.envelope.bytes)))
  return { ...fragment, buffer, from: 0, to: buffer.length, resource, scope }
}
