import { type CollectorConfig, createCollector, type MemoryStorage, messageOf } from '@spanloom/core'

import { buildInfo } from '../build-info.ts'
import {
  type Answer,
  type Delivered,
  type Delivery,
  pathOf,
  receiverOf,
  signedHeaders,
  transportOf,
} from './delivery.ts'
import { offlineConfig, ownerOf } from './offline-config.ts'
import { Outside, type PlayedAnswer } from './outside.ts'
import { type Happening, type Place, Recorder } from './recorder.ts'
import { Timeline } from './timeline.ts'

/** What is tried out. */
export interface TrialPlan {
  readonly config: CollectorConfig
  readonly deliveries: readonly Delivery[]
  /** When it begins, in milliseconds since 1970. */
  readonly startMs: number
  /** How long the time goes on after the last delivery, in milliseconds. */
  readonly advanceMs: number
  /** How others answer requests. Default: 200 without a body. */
  readonly answers?: readonly PlayedAnswer[]
}

/** What came of it. */
export interface Trial {
  readonly deliveries: readonly Delivered[]
  readonly happenings: readonly Happening[]
  /** When the time that was asked for was over, in milliseconds since 1970. */
  readonly endMs: number
  /** Components that still held spans then, and how many. */
  readonly held: readonly { readonly place: Place; readonly spans: number }[]
  /** Input that receivers kept aside because it can never be used, and why. */
  readonly deadLetters: readonly { readonly place: Place; readonly reason: string }[]
}

/** So far is looked ahead for what becomes of spans that are held, in milliseconds and in timers. */
const farthestMs = 400 * 24 * 3_600_000
const mostTimers = 20_000
/** So long something may take that does not depend on the time of the trial, such as a password hash. */
const patienceMs = 5_000

/**
 * Runs deliveries through a collector of the configuration in which nothing leaves the process and the time is that of
 * the trial. Equal plans have equal outcomes, but for what components draw at random.
 *
 * @throws StartError when a component cannot be made or started, SpanloomError when a delivery cannot be handed in
 */
export async function tryOut(plan: TrialPlan): Promise<Trial> {
  const run = new Run(plan)
  return run.run()
}

class Run {
  readonly #plan: TrialPlan
  readonly #timeline: Timeline
  readonly #recorder: Recorder
  readonly #outsides = new Map<string, Outside>()
  readonly #storages: MemoryStorage[] = []
  #books: () => readonly (Place & { readonly held: number; readonly inFlight: number })[] = () => []

  constructor(plan: TrialPlan) {
    this.#plan = plan
    this.#timeline = new Timeline(plan.startMs)
    this.#recorder = new Recorder(() => this.#timeline.now)
  }

  async run(): Promise<Trial> {
    const { config, deliveries, advanceMs } = this.#plan
    const timeline = this.#timeline
    const recorder = this.#recorder
    const offline = offlineConfig(config, {
      timeline,
      recorder,
      storages: this.#storages,
      fed: new Set(deliveries.map((delivery) => receiverOf(delivery, config))),
      outsideOf: (place) => this.#outsideOf(place),
      trusting: deliveries.some(({ sign }) => sign === true),
    })
    const collector = await createCollector({
      config: offline,
      build: buildInfo,
      clock: timeline.clock('collector'),
      buildOnly: true,
    })
    this.#books = () => collector.accounting()
    try {
      await collector.start()
      recorder.happenings.length = 0
      const delivered: Delivered[] = []
      for (const [number, delivery] of deliveries.entries()) {
        if (delivery.at !== undefined) await this.#advance(delivery.at)
        recorder.delivery = number
        delivered.push(await this.#deliver(delivery))
        await quiet()
        recorder.delivery = undefined
      }
      recorder.phase = 'time'
      await this.#advance(timeline.now + advanceMs, true)
      const endMs = timeline.now
      const held = this.#held()
      recorder.phase = 'later'
      await this.#advance(timeline.now + farthestMs, true)
      const deadLetters = this.#deadLetters([...new Set(delivered.map(({ receiver }) => receiver))])
      return { deliveries: delivered, happenings: recorder.happenings, endMs, held, deadLetters }
    } finally {
      recorder.isClosed = true
      await collector.shutdown(AbortSignal.abort())
    }
  }

  async #deliver(delivery: Delivery): Promise<Delivered> {
    const { config } = this.#plan
    const receiver = receiverOf(delivery, config)
    const outside = this.#outsideOf({ kind: 'receiver', id: receiver })
    const transport = transportOf(delivery, receiver, outside)
    const { body, method = 'POST', name } = delivery
    const facts = { name, receiver, transport, at: this.#timeline.now }
    if (transport === 'http') {
      const path = pathOf(delivery, receiver, config.receivers.get(receiver)?.config)
      const unsigned = { path: path.split('?', 1)[0] ?? path, body, now: this.#timeline.now }
      const signed = signedHeaders(delivery, unsigned, receiver, config)
      const headers = { 'content-type': 'application/json', ...signed }
      const answer = await this.#outcome(
        outside.sockets.request({ method, path, headers, body }).then(
          (response): Answer => ({
            outcome: 'answered',
            status: response.status,
            ...(response.body.length === 0 ? {} : { body: response.body.toString('utf8') }),
          }),
          refusal,
        ),
      )
      return { ...facts, method, path, answer }
    }
    const { headers, path } = delivery
    const { signal } = new AbortController()
    const given = outside.give(transport, { body, headers, signal, ...(path === undefined ? {} : { path }) })
    const answer = await this.#outcome(given.then((): Answer => ({ outcome: 'taken' }), refusal))
    return { ...facts, ...(path === undefined ? {} : { path }), answer }
  }

  /** Waits for the answer. Where a stage lets its sender wait for a timer, the time goes on. */
  async #outcome(answer: Promise<Answer>): Promise<Answer> {
    let outcome: Answer | undefined
    void answer.then((given) => (outcome = given))
    const isOpen = (): boolean => outcome === undefined
    for (let patience = performance.now() + patienceMs; isOpen() && performance.now() < patience;) {
      await quiet()
      if (!isOpen()) break
      const busy = this.#owners(({ kind, held, inFlight }) => kind !== 'receiver' && held + inFlight > 0)
      if (this.#timeline.nextDue(busy) === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        continue
      }
      this.#timeline.fireNext(busy)
      patience = performance.now() + patienceMs
    }
    return outcome ?? { outcome: 'silent' }
  }

  /** Lets the time go on to a moment, or until nothing is held any more. */
  async #advance(toMs: number, whileHeld: boolean = false): Promise<void> {
    for (let timers = 0; timers < mostTimers; timers++) {
      await quiet()
      const holders = this.#owners(({ held, inFlight }) => held + inFlight > 0)
      if (whileHeld && holders.size === 0) return
      const due = this.#timeline.nextDue(holders)
      if (due === undefined || due > toMs) break
      this.#timeline.fireNext(holders)
    }
    this.#timeline.moveTo(toMs)
    await quiet()
  }

  #owners(
    which: (book: Place & { readonly held: number; readonly inFlight: number }) => boolean,
  ): Set<string> {
    return new Set(this.#books().filter(which).map(ownerOf))
  }

  #held(): Trial['held'] {
    return this.#books()
      .filter(({ held }) => held > 0)
      .map(({ kind, id, held }) => ({ place: { kind, id }, spans: held }))
  }

  #deadLetters(receivers: readonly string[]): Trial['deadLetters'] {
    return receivers.flatMap((id) =>
      this.#storages.flatMap((storage) =>
        storage
          .queueOf({ kind: 'receiver', id, pipeline: 'dead_letters' })
          .deadLetters.map(({ lastError = '' }) => ({
            place: { kind: 'receiver' as const, id },
            reason: lastError,
          })),
      ),
    )
  }

  #outsideOf(place: Place): Outside {
    const key = ownerOf(place)
    let outside = this.#outsides.get(key)
    if (outside === undefined) {
      outside = new Outside(this.#plan.answers ?? [], (request, answer) =>
        this.#recorder.tell({ type: 'outgoing', place, request, answer }),
      )
      this.#outsides.set(key, outside)
    }
    return outside
  }
}

const refusal = (error: unknown): Answer => ({ outcome: 'refused', reason: messageOf(error) })

/** Lets everything happen that waits for nothing but its turn. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
