import type { ComponentKind } from '../component/component.ts'
import type { Accounting } from './component-telemetry.ts'

/** Which component a figure is about. */
export interface AccountOwner {
  readonly kind: ComponentKind
  readonly id: string
  /** Pipelines that the component belongs to. */
  readonly pipelines: readonly string[]
}

/**
 * The bookkeeping of one component in spans: `in + created = out + dropped + merged + held + kept` (TEL-10).
 * Data that was refused is on neither side: it stays with the sender.
 *
 * What a receiver was sent nobody outside can see, so its `in` is the sum of what became of it.
 */
export interface AccountReading extends AccountOwner {
  readonly in: number
  readonly out: number
  /** Refused by this component or by what comes after it. */
  readonly refused: number
  /** Requests that a receiver could not turn into spans count here with the spans that were known. */
  readonly failed: number
  readonly dropped: Readonly<Record<string, number>>
  readonly merged: number
  readonly created: number
  readonly held: number
  /** Left in a storage by instances that have stopped; whoever found them there has counted them as created. */
  readonly kept: number
  /** Spans in calls into the component or out of it that have not ended. */
  readonly inFlight: number
  /** Whether the two sides are equal, but for spans of calls that have not ended and may be on either. */
  readonly balanced: boolean
}

/** Hears of what a component tells, so that metrics can be made of it. */
export interface AccountListener {
  dropped?(count: number, reason: string): void
  merged?(count: number): void
  created?(count: number): void
  failed?(count: number, transport: string | undefined): void
  /** Called once, when the component first says that it holds spans. */
  holds?(read: () => number): void
  /** The account is closed for good. */
  close?(): void
}

/** A side of an account that one instance writes to. */
export interface AccountMember {
  readonly accounting: Required<Accounting>
  /** What the instance held is no longer counted: it is gone, and what it had has been told. */
  close(): void
}

/**
 * The account of one component, written by its instances and by the edges around them. It goes on when a reload
 * puts one instance in the place of another.
 */
export class Account {
  readonly #listener: AccountListener
  readonly #held = new Set<() => number>()
  readonly #dropped = new Map<string, number>()
  #owner: AccountOwner
  #holds = false
  #in = 0
  #out = 0
  #refused = 0
  #failed = 0
  #merged = 0
  #created = 0
  #kept = 0
  #sent: number | undefined
  #entering = 0
  #leaving = 0

  constructor(owner: AccountOwner, listener: AccountListener = {}) {
    this.#owner = owner
    this.#listener = listener
  }

  get owner(): AccountOwner {
    return this.#owner
  }

  /** The component belongs to these pipelines from now on. */
  movedTo(pipelines: readonly string[]): void {
    this.#owner = { ...this.#owner, pipelines }
  }

  /** A call with `count` spans into the component begins (positive) or has ended (negative). */
  entering(count: number): void {
    this.#entering += count
  }

  /** A call with `count` spans out of the component begins (positive) or has ended (negative). */
  leaving(count: number): void {
    this.#leaving += count
  }

  /** The component took responsibility for `count` spans. */
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

  /** Opens the account to one instance. */
  member(): AccountMember {
    const own: (() => number)[] = []
    return {
      accounting: {
        dropped: (count, reason) => this.#drop(count, reason),
        merged: (count) => {
          this.#merged += count
          this.#listener.merged?.(count)
        },
        created: (count) => {
          this.#created += count
          this.#listener.created?.(count)
        },
        held: (read) => {
          own.push(read)
          this.#hold(read)
        },
        failed: (count, transport) => {
          this.#failed += count
          this.#listener.failed?.(count, transport)
        },
        kept: (count) => {
          this.#kept += count
        },
        sent: (count) => {
          this.#sent = (this.#sent ?? 0) + count
        },
      },
      close: () => {
        for (const read of own) this.#held.delete(read)
      },
    }
  }

  close(): void {
    this.#listener.close?.()
  }

  read(): AccountReading {
    const { kind } = this.#owner
    const held = [...this.#held].reduce((sum, read) => sum + read(), 0)
    const dropped = [...this.#dropped.values()].reduce((sum, count) => sum + count, 0)
    const out = this.#sent ?? this.#out
    const gone = out + dropped + this.#merged + held + this.#kept
    const taken = kind === 'receiver' ? gone - this.#created : this.#in
    const excess = gone - taken - this.#created
    return {
      ...this.#owner,
      in: taken,
      out,
      refused: this.#refused,
      failed: this.#failed,
      dropped: Object.fromEntries(this.#dropped),
      merged: this.#merged,
      created: this.#created,
      held,
      kept: this.#kept,
      inFlight: this.#entering + this.#leaving,
      balanced: excess <= this.#entering && -excess <= this.#leaving,
    }
  }

  #drop(count: number, reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count)
    this.#listener.dropped?.(count, reason)
  }

  #hold(read: () => number): void {
    this.#held.add(read)
    if (this.#holds) return
    this.#holds = true
    this.#listener.holds?.(() => [...this.#held].reduce((sum, each) => sum + each(), 0))
  }
}
