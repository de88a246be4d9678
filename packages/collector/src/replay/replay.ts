import { stat } from 'node:fs/promises'
import { basename } from 'node:path'

import { type Clock, formatDuration, sleep, SpanloomError, type Traces } from '@spanloom/core'
import { isMovable, Replay, timeOf } from '@spanloom/receiver-file/recording'

import type { ProgressLine } from '../progress/progress-line.ts'
import type { Destination, Outcome } from './destination.ts'
import type { RecordedRequest } from './recorded-request.ts'
import { itemsOf, type KindOf, type RecordedItem, type RecordingKind } from './recording.ts'
import type { Pace } from './replay-flags.ts'
import { Tally } from './tally.ts'

/** One replay. */
export interface ReplayJob {
  readonly files: readonly string[]
  readonly pace: Pace
  /** Whether a line that cannot be read, or a batch that is refused, ends the replay. */
  readonly strict: boolean
  readonly progress: ProgressLine
  readonly clock: Clock
  /** Ends the replay; what is being sent may still end. */
  readonly stop: AbortSignal
  /** Ends that, too. */
  readonly giveUp: AbortSignal
  /** Made when it is known what there is to send. */
  readonly traces: () => Promise<Destination<Traces>>
  readonly requests: () => Promise<Destination<RecordedRequest>>
}

/** How a replay ended. */
export interface ReplayEnd {
  readonly tally: Tally
  /** What was played; absent when there was nothing. */
  readonly kind: RecordingKind | undefined
  /** Why not everything was played; absent when it was. */
  readonly endedBy?: 'limit' | 'stop' | 'strict' | 'unreachable' | 'refused'
}

/** A destination that took nothing of so many batches or requests will take nothing at all. */
const mostRefused = 100
/** A longer wait is told. */
const longWaitMs = 5_000

/** Plays recordings back. @throws SpanloomError when a file cannot be read, or the destination cannot be set up */
export async function playBack(job: ReplayJob): Promise<ReplayEnd> {
  await using player = new Player(job)
  return player.play()
}

class Player implements AsyncDisposable {
  readonly #job: ReplayJob
  readonly #replay: Replay
  readonly #tally = new Tally()
  readonly #kind: KindOf = { kind: undefined }
  readonly #startedAt: number
  #traces: Destination<Traces> | undefined
  #requests: Destination<RecordedRequest> | undefined
  /** Spans or requests that were sent, taken or not. */
  #played = 0
  #unmoved = 0
  #told = false

  constructor(job: ReplayJob) {
    this.#job = job
    this.#replay = new Replay(job.pace, job.clock)
    this.#startedAt = job.clock.monotonic()
  }

  async play(): Promise<ReplayEnd> {
    const { files, pace } = this.#job
    const sizes = await Promise.all(files.map(sizeOf))
    for (let pass = 1; ; pass++) {
      const before = this.#played
      let done = 0
      for (const [index, file] of files.entries()) {
        const size = sizes[index] ?? 0
        const share = (bytesRead: number): number => (done + Math.min(bytesRead, size)) / (sum(sizes) || 1)
        const endedBy = await this.#file(file, pass, share)
        if (endedBy !== undefined) return { tally: this.#tally, kind: this.#kind.kind, endedBy }
        done += size
      }
      if (this.#unmoved > 0) {
        this.#job.progress.say(`${this.#unmoved} spans without ids could not be moved and keep their times.`)
        this.#unmoved = 0
      }
      // What holds nothing would begin again for ever.
      if (!pace.loop || this.#played === before) return { tally: this.#tally, kind: this.#kind.kind }
      this.#replay.restart()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#traces?.[Symbol.asyncDispose]()
    await this.#requests?.[Symbol.asyncDispose]()
  }

  async #file(
    path: string,
    pass: number,
    share: (bytesRead: number) => number,
  ): Promise<ReplayEnd['endedBy']> {
    const { pace, stop, progress } = this.#job
    for await (const item of itemsOf(path, this.#kind)) {
      if (stop.aborted) return 'stop'
      const endedBy = await this.#item(item)
      if (stop.aborted) return 'stop'
      if (endedBy !== undefined) return endedBy
      progress.show({
        text: `${basename(path)}${pace.loop ? `, pass ${pass}` : ''}: ${this.#state()}`,
        share: share(item.bytesRead),
      })
      if (this.#played >= pace.limit) return 'limit'
    }
    return undefined
  }

  async #item(item: RecordedItem): Promise<ReplayEnd['endedBy']> {
    const { strict, progress, stop, giveUp } = this.#job
    if (item.kind === 'broken') {
      this.#tally.broken++
      progress.say(`${item.place}: ${item.reason}${strict ? '' : ' It is left out.'}`)
      return strict ? 'strict' : undefined
    }
    try {
      const [outcome, count] =
        item.kind === 'traces' ? await this.#sendTraces(item.traces) : await this.#sendRequest(item.request)
      if (count === 0) return undefined
      this.#count(outcome, count)
      const lost = !outcome.taken || (outcome.rejected ?? 0) > 0
      if (lost && !stop.aborted) {
        const reason = outcome.taken ? `${outcome.rejected} spans were rejected.` : outcome.reason
        if (strict || (!outcome.taken && outcome.unreachable)) progress.say(`${item.place}: ${reason}`)
        if (!outcome.taken && outcome.unreachable) return 'unreachable'
        if (strict) return 'strict'
      }
      const { taken, sent } = this.#tally
      return taken === 0 && sent >= mostRefused ? 'refused' : undefined
    } catch (error) {
      if (stop.aborted || giveUp.aborted) return 'stop'
      throw error
    }
  }

  async #sendTraces(recorded: Traces): Promise<readonly [Outcome, number]> {
    if (recorded.spanCount === 0) return [{ taken: true }, 0]
    const traces = firstOf(recorded, this.#job.pace.limit - this.#played)
    this.#traces ??= await this.#job.traces()
    await this.#await(this.#replay.waitMs(timeOf(traces)))
    const moved = await this.#replay.next(traces, this.#job.stop)
    this.#tellShift(traces)
    await this.#await(this.#rateWaitMs())
    return [await this.#traces.send(moved, this.#job.giveUp), traces.spanCount]
  }

  async #sendRequest(request: RecordedRequest): Promise<readonly [Outcome, number]> {
    if (this.#job.pace.shift !== 'none') {
      throw new SpanloomError(
        'SHIFT_IMPOSSIBLE',
        'recorded requests are sent as they are; --shift moves nothing in them',
        {
          hint: 'Leave --shift out, or play the spans back that were made of them.',
        },
      )
    }
    this.#requests ??= await this.#job.requests()
    await this.#await(this.#replay.waitMs(request.time))
    await this.#await(this.#rateWaitMs())
    return [await this.#requests.send(request, this.#job.giveUp), 1]
  }

  async #await(ms: number): Promise<void> {
    if (ms <= 0) return
    const { progress, clock, stop } = this.#job
    if (ms > longWaitMs)
      progress.show({ text: `next in ${formatDuration(Math.round(ms / 1000) * 1000)}; ${this.#state()}` })
    await sleep(clock, ms, stop)
  }

  #rateWaitMs(): number {
    const { pace, clock } = this.#job
    return this.#startedAt + (this.#played / pace.rate) * 1000 - clock.monotonic()
  }

  #tellShift(traces: Traces): void {
    const { shift } = this.#replay
    if (shift === undefined || shift === 0n) return
    traces.forEach((span) => (this.#unmoved += isMovable(span) ? 0 : 1))
    if (this.#told) return
    this.#told = true
    const ms = Number(shift / 1_000_000n)
    this.#job.progress.say(
      `Spans and their events are moved by ${formatDuration(ms)}. Times in attributes stay as they were recorded.`,
    )
  }

  #count(outcome: Outcome, count: number): void {
    const tally = this.#tally
    this.#played += count
    tally.sent++
    if (!outcome.taken) {
      tally.refuse(count, this.#job.giveUp.aborted ? 'interrupted' : outcome.reason)
      return
    }
    const rejected = Math.min(count, outcome.rejected ?? 0)
    tally.taken += count - rejected
    if (rejected > 0) tally.refuse(rejected, 'rejected by a destination that took the rest')
  }

  #state(): string {
    const { clock } = this.#job
    const seconds = Math.max(0.001, (clock.monotonic() - this.#startedAt) / 1000)
    const what = this.#kind.kind === 'requests' ? 'request' : 'span'
    const { taken, refused } = this.#tally
    const rate = Math.round(taken / seconds)
    return `${taken} ${what}${taken === 1 ? '' : 's'} taken, ${rate}/s${refused === 0 ? '' : `, ${refused} not taken`}`
  }
}

async function sizeOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined)
  return facts?.size ?? 0
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

function firstOf(traces: Traces, count: number): Traces {
  if (traces.spanCount <= count) return traces
  let seen = 0
  return traces.filter(() => seen++ < count)
}
