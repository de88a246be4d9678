import type { ComponentKind, OfflineAnswer, OfflineRequest, Traces } from '@spanloom/core'

/** One instance in the pipelines. */
export interface Place {
  readonly kind: ComponentKind
  readonly id: string
  /** Of a processor, which has an instance in each pipeline. */
  readonly pipeline?: string
}

/**
 * What a trial is doing: handing in the deliveries, letting the time go on for as long as was asked for, or finding out
 * what would become of what is still held.
 */
export type Phase = 'deliveries' | 'time' | 'later'

/** When something happened. */
export interface Moment {
  readonly phase: Phase
  /** Milliseconds since 1970. */
  readonly at: number
  /** Number of the delivery that was being handed in, from 0; absent once all are in. */
  readonly delivery: number | undefined
}

/** Spans that went into a component or left it. */
export interface Passage extends Moment {
  readonly type: 'passage'
  readonly place: Place
  readonly direction: 'in' | 'out'
  readonly traces: Traces
  /** Why the next stage refused them. */
  refusal?: string
}

/** Spans that ended at a component. */
export interface Drop extends Moment {
  readonly type: 'drop'
  readonly place: Place
  readonly count: number
  readonly reason: string
}

/** Spans that became part of others. */
export interface Merge extends Moment {
  readonly type: 'merge'
  readonly place: Place
  readonly count: number
}

/** A warning or an error that a component logged. */
export interface Complaint extends Moment {
  readonly type: 'complaint'
  readonly place: Place
  readonly level: 'warn' | 'error'
  readonly message: string
  /** Without secrets. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** A request that a component would have sent to somebody. */
export interface Outgoing extends Moment {
  readonly type: 'outgoing'
  readonly place: Place
  readonly request: OfflineRequest
  readonly answer: OfflineAnswer
}

export type Happening = Passage | Drop | Merge | Complaint | Outgoing

type Told<H> = H extends Happening ? Omit<H, keyof Moment> : never

/** Writes down what happens in a trial, in order. */
export class Recorder {
  readonly happenings: Happening[] = []
  readonly #now: () => number
  phase: Phase = 'deliveries'
  delivery: number | undefined
  /** What happens while a trial is taken down concerns nobody. */
  isClosed: boolean = false

  constructor(now: () => number) {
    this.#now = now
  }

  tell(told: Told<Happening>): Happening {
    const happening: Happening = {
      ...told,
      phase: this.phase,
      at: this.#now(),
      delivery: this.delivery,
    }
    if (!this.isClosed) this.happenings.push(happening)
    return happening
  }
}
