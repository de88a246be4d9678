import { setTimeout as elapse } from 'node:timers/promises'

import { type Answer, deliver, type Door } from './delivery.ts'
import type { Expected, Work, WorkShop } from './work.ts'

/** Works that one sender has begun and not finished; they stay open over restarts. */
const begunAtOnce = 40
const pauseMs = 15

/** What the senders did. */
export interface SendersReport {
  /** Spans of which every fragment was acknowledged. */
  readonly expected: readonly Expected[]
  readonly fragments: number
  readonly requests: number
  /** Attempts after the first, because there was no answer or none that said that it was taken. */
  readonly retries: number
  /** Requests that were refused for good. */
  readonly refused: number
}

/** Senders that come again with the same bytes until they are acknowledged. */
export class Senders {
  readonly #doors: Readonly<Record<Door, string>>
  readonly #random: () => number
  readonly #loops: readonly Promise<void>[]
  readonly #expected: Expected[] = []
  #fragments: number = 0
  #requests: number = 0
  #retries: number = 0
  #refused: number = 0
  #isEnding: boolean = false

  constructor(doors: Readonly<Record<Door, string>>, shop: WorkShop, random: () => number, count: number) {
    this.#doors = doors
    this.#random = random
    this.#loops = Array.from({ length: count }, () => this.#work(shop))
  }

  /** Requests that were acknowledged. */
  get acknowledged(): number {
    return this.#requests
  }

  /** Begins nothing new, and resolves once everything that was begun was acknowledged. */
  async finish(): Promise<SendersReport> {
    this.#isEnding = true
    await Promise.all(this.#loops)
    return {
      expected: this.#expected,
      fragments: this.#fragments,
      requests: this.#requests,
      retries: this.#retries,
      refused: this.#refused,
    }
  }

  async #work(shop: WorkShop): Promise<void> {
    const begun: Work[] = []
    while (!this.#isEnding || begun.length > 0) {
      const isNew = !this.#isEnding && begun.length < begunAtOnce && this.#random() < 0.5
      if (isNew || begun.length === 0) begun.push(shop.next())
      const at = isNew ? begun.length - 1 : Math.floor(this.#random() * begun.length)
      const work = begun[at]
      if (work === undefined) continue
      await this.#sendNext(work)
      if (work.parcels.length > 0) continue
      begun.splice(at, 1)
      this.#expected.push(...work.expected)
      this.#fragments += work.fragments
    }
  }

  async #sendNext(work: Work): Promise<void> {
    const parcel = work.parcels.shift()
    if (parcel === undefined) return
    for (;;) {
      const answer: Answer = await deliver(this.#doors[parcel.door], parcel)
      if (answer === 'taken') break
      if (answer === 'refused') {
        this.#refused++
        break
      }
      this.#retries++
      await elapse(pauseMs)
    }
    this.#requests++
  }
}
