import type { ComponentKind } from '../component/component.ts'
import type { Accounting } from './component-telemetry.ts'

/** Which instance a figure is about. */
export interface AccountOwner {
  readonly kind: ComponentKind
  readonly id: string
  /** Pipelines that the instance belongs to. */
  readonly pipelines: readonly string[]
}

/**
 * The bookkeeping of one instance in spans: `in + created = out + dropped + merged + held` (TEL-10).
 * Data that was refused is on neither side: it stays with the sender.
 */
export interface AccountReading extends AccountOwner {
  readonly in: number
  readonly out: number
  /** Refused by this instance or by what comes after it. */
  readonly refused: number
  /** Requests that a receiver could not turn into spans count here with the spans that were known. */
  readonly failed: number
  readonly dropped: Readonly<Record<string, number>>
  readonly merged: number
  readonly created: number
  readonly held: number
}

/** Hears of what a component tells, so that metrics can be made of it. */
export interface AccountListener {
  dropped?(count: number, reason: string): void
  merged?(count: number): void
  failed?(count: number, transport: string | undefined): void
  /** Called once, when the component first says that it holds spans. */
  holds?(read: () => number): void
}

/** The account of one instance: written by the component and by the edges around it. */
export class Account implements Accounting {
  readonly owner: AccountOwner
  readonly #listener: AccountListener
  readonly #held: (() => number)[] = []
  readonly #dropped = new Map<string, number>()
  #in = 0
  #out = 0
  #refused = 0
  #failed = 0
  #merged = 0
  #created = 0
  #sent: number | undefined

  constructor(owner: AccountOwner, listener: AccountListener = {}) {
    this.owner = owner
    this.#listener = listener
  }

  /** The instance took responsibility for `count` spans. */
  took(count: number): void {
    this.#in += count
  }

  /** The next stage took `count` spans, or for an exporter that does not tell itself: they left. */
  passed(count: number): void {
    this.#out += count
  }

  refused(count: number): void {
    this.#refused += count
  }

  dropped(count: number, reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count)
    this.#listener.dropped?.(count, reason)
  }

  merged(count: number): void {
    this.#merged += count
    this.#listener.merged?.(count)
  }

  created(count: number): void {
    this.#created += count
  }

  held(read: () => number): void {
    this.#held.push(read)
    if (this.#held.length === 1) this.#listener.holds?.(() => this.heldNow)
  }

  failed(count: number, transport?: string): void {
    this.#failed += count
    this.#listener.failed?.(count, transport)
  }

  sent(count: number): void {
    this.#sent = (this.#sent ?? 0) + count
  }

  get heldNow(): number {
    return this.#held.reduce((sum, read) => sum + read(), 0)
  }

  get droppedTotal(): number {
    return [...this.#dropped.values()].reduce((sum, count) => sum + count, 0)
  }

  read(): AccountReading {
    return {
      ...this.owner,
      in: this.#in,
      out: this.#sent ?? this.#out,
      refused: this.#refused,
      failed: this.#failed,
      dropped: Object.fromEntries(this.#dropped),
      merged: this.#merged,
      created: this.#created,
      held: this.heldNow,
    }
  }
}
