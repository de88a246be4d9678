import type { Clock, Timer } from '@spanloom/core'

import { type Call, effectOf } from '../database/operations.ts'
import type { Outcome, StoreFile } from '../database/store-file.ts'

/** A call that waits for its turn. */
export interface WaitingCall {
  readonly call: Call
  /** Wall time of the caller. */
  readonly nowMs: number
  readonly answer: (outcome: Outcome) => void
}

/** How much goes into one transaction; more would only lengthen the stall (`durable-queue.md` section 9). */
const groupRows = 512
const groupBytes = 8 << 20
/** A read counts as so many bytes, because its answer lies in memory until the transaction ends. */
const readBytes = 512 << 10
/** How long, and how many, removals of delivered records are gathered (OUT-05). */
const gatherMs = 50
const gatherRows = 256

/** Orders the calls of one file into transactions. */
export class FileLoop {
  readonly file: StoreFile
  readonly #clock: Clock
  readonly #wake: () => void
  #waiting: WaitingCall[] = []
  #delivered: WaitingCall[] = []
  #deliveredRows = 0
  #nowMs = 0
  #gathering: Timer | undefined

  /** `wake` asks for a `runGroup` soon. */
  constructor(file: StoreFile, clock: Clock, wake: () => void) {
    this.file = file
    this.#clock = clock
    this.#wake = wake
  }

  /** Whether a transaction should begin now. */
  get isReady(): boolean {
    return this.#waiting.length > 0 || (this.#delivered.length > 0 && this.#gathering === undefined)
  }

  /** Wall time of the last call. */
  get nowMs(): number {
    return this.#nowMs
  }

  add(waiting: WaitingCall): void {
    this.#nowMs = waiting.nowMs
    if (waiting.call.operation !== 'done') {
      this.#waiting.push(waiting)
      this.#wake()
      return
    }
    this.#delivered.push(waiting)
    this.#deliveredRows += waiting.call.rows
    if (this.#deliveredRows >= gatherRows) this.#endGathering()
    else if (this.#delivered.length === 1) {
      this.#gathering = this.#clock.schedule(gatherMs, () => this.#endGathering())
    }
  }

  /** Carries out one transaction of what waits. */
  runGroup(): void {
    const group = this.#takeGroup()
    const outcomes = this.file.run(
      group.map(({ call }) => call),
      this.#nowMs,
    )
    for (const [at, { answer }] of group.entries()) {
      const outcome = outcomes[at]
      if (outcome !== undefined) answer(outcome)
    }
  }

  /** Carries out everything that waits. */
  drain(): void {
    this.#endGathering()
    while (this.isReady) this.runGroup()
  }

  #takeGroup(): readonly WaitingCall[] {
    let rows = 0
    let bytes = 0
    let length = 0
    // Bodies do not depend on what was delivered; everything else must not see it any more.
    let needsDelivered = this.#waiting.length === 0
    for (const { call } of this.#waiting) {
      const cost = effectOf(call) === 'read' ? readBytes : call.bytes
      if (length > 0 && (rows + call.rows > groupRows || bytes + cost > groupBytes)) break
      needsDelivered ||= call.operation !== 'body'
      rows += call.rows
      bytes += cost
      length++
    }
    const group = this.#waiting.splice(0, length)
    return needsDelivered ? [...this.#takeDelivered(), ...group] : group
  }

  #takeDelivered(): readonly WaitingCall[] {
    const delivered = this.#delivered
    this.#gathering?.cancel()
    this.#gathering = undefined
    this.#delivered = []
    this.#deliveredRows = 0
    return delivered
  }

  #endGathering(): void {
    this.#gathering?.cancel()
    this.#gathering = undefined
    if (this.#delivered.length > 0) this.#wake()
  }
}
