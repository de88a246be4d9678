import type { Accounting } from '@spanloom/core'

import { Counters, type DropReason } from './counters.ts'

/**
 * Keeps the books of an assembler twice: in fragments for its own counters, and in spans for the collector's
 * identity `in = out + dropped + merged + held`, where a span that left is one and what it swallowed is merged.
 */
export class Accounts {
  readonly counters: Counters = new Counters()
  readonly #accounting: Accounting

  constructor(accounting: Accounting) {
    this.#accounting = accounting
  }

  came(): void {
    this.counters.in++
  }

  /** So many fragments were found that a process before had taken. */
  restored(count: number): void {
    this.counters.restored += count
    if (count > 0) this.#accounting.created(count)
  }

  passed(count: number): void {
    this.counters.in += count
    this.counters.passed += count
  }

  dropped(count: number, reason: DropReason): void {
    if (count === 0) return
    this.counters.dropped[reason] += count
    this.#accounting.dropped(count, reason)
  }

  /** `own` fragments became one span, with so many closing ends that had not been counted before. */
  emitted(own: number, closings: number): void {
    this.counters.merged += own + closings
    const swallowed = own - 1 + closings
    if (swallowed > 0) this.#accounting.merged(swallowed)
  }

  late(): void {
    this.counters.late++
  }
}
