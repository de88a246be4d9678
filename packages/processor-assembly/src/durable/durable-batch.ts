import type { AppendedRecord } from '@spanloom/core'

import type { StoredFragment } from '../store/store.ts'

/** A fragment on its way to the disk. */
export interface BatchEntry {
  readonly slot: number
  readonly fragment: StoredFragment
  readonly fingerprint: string
  readonly record: AppendedRecord
}

/** Fragments that become durable together. */
export class DurableBatch {
  readonly entries: BatchEntry[] = []
  readonly #prints = new Set<string>()
  readonly #stored = Promise.withResolvers<true>()
  #repeated: Promise<boolean> | undefined

  constructor() {
    // Those who wait are told by promises of their own; a batch may also have nobody left who waits.
    this.#stored.promise.catch(() => undefined)
  }

  /** Fulfilled when all are on disk. */
  get stored(): Promise<boolean> {
    return this.#stored.promise
  }

  /** As {@link stored}, for a fragment that is in the batch already. */
  get repeated(): Promise<boolean> {
    return (this.#repeated ??= this.#afterwards())
  }

  /** Whether a fragment of the key in the batch has this fingerprint. */
  has(slot: number, fingerprint: string): boolean {
    return this.#prints.has(`${slot} ${fingerprint}`)
  }

  add(entry: BatchEntry): void {
    this.#prints.add(`${entry.slot} ${entry.fingerprint}`)
    this.entries.push(entry)
  }

  #afterwards(): Promise<boolean> {
    const repeated = this.#stored.promise.then(() => false)
    repeated.catch(() => undefined)
    return repeated
  }

  succeed(): void {
    this.#stored.resolve(true)
  }

  fail(error: unknown): void {
    this.#stored.reject(error)
  }
}
