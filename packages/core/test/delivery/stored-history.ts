import assert from 'node:assert/strict'

import { isPermanent, PermanentError, RetryableError } from '../../src/errors/errors.ts'
import { settle } from '../../src/testing/index.ts'
import { Traces } from '../../src/traces/index.ts'
import { idsOf, someTraces } from './some-traces.ts'
import { type StoredExporter, StoredExporters } from './stored-exporter.ts'

/** What the destination does with requests. */
export type Mood = 'takes' | 'slow' | 'down' | 'busy' | 'refuses' | 'hangs' | 'mixed'

/** Something that happens to an exporter with storage. */
export type Step =
  | { readonly do: 'send'; readonly spans: number; readonly requests: number }
  | { readonly do: 'mood'; readonly mood: Mood }
  | { readonly do: 'disk'; readonly full: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'moment'; readonly turns: number }
  | { readonly do: 'crash' }
  | { readonly do: 'restart' }

/** Runs steps and knows what every span went through. */
export class StoredHistory {
  readonly rig: StoredExporters
  /** Spans whose sender was told that they are safe. */
  readonly acknowledged = new Set<string>()
  /** Spans that were on their way, or had arrived without the disk knowing, when a process was killed. */
  readonly ambiguous = new Set<string>()
  readonly #onTheWay = new Set<Traces>()
  #life: StoredExporter | undefined
  #accepted = 0
  #mood: Mood = 'takes'
  #count = 0

  constructor(queue: Readonly<Record<string, unknown>>) {
    this.rig = new StoredExporters(queue, { retry_on_failure: { max_elapsed_time: '0s' } })
    this.rig.sender.script = (traces, { signal }) => this.#receive(traces, signal)
  }

  async start(): Promise<void> {
    this.#accepted = 0
    this.#life = await this.rig.start()
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'send':
        for (let index = 0; index < step.requests; index++) void this.#send(someTraces(step.spans))
        return
      case 'mood':
        this.#mood = step.mood
        return
      case 'disk':
        if (step.full) this.rig.storage.refuse()
        else this.rig.storage.mend()
        return
      case 'wait':
        return this.rig.clock.advance(step.ms)
      case 'moment':
        for (let turn = 0; turn < step.turns; turn++) await new Promise(setImmediate)
        return
      case 'crash':
        this.#crash()
        return this.start()
      case 'restart':
        await this.#stop()
        return this.start()
    }
  }

  /** Lets the destination take everything that is left. */
  async finish(): Promise<void> {
    this.#mood = 'takes'
    this.rig.storage.mend()
    for (let round = 0; round < 20 && this.rig.file.pending.length > 0; round++) {
      await this.rig.clock.advance(30_000)
      await this.rig.settle()
    }
    await this.#checkBooks()
  }

  async #send(traces: Traces): Promise<void> {
    const life = this.#life
    try {
      await life?.consume(traces)
    } catch (error) {
      assert.equal(isPermanent(error), false)
      return
    }
    for (const id of idsOf([traces])) this.acknowledged.add(id)
    if (life === this.#life) this.#accepted += traces.spanCount
  }

  async #receive(traces: Traces, signal: AbortSignal): Promise<void> {
    this.#onTheWay.add(traces)
    try {
      await this.#treat(signal)
    } finally {
      this.#onTheWay.delete(traces)
    }
  }

  async #treat(signal: AbortSignal): Promise<void> {
    const moods: readonly Mood[] = ['takes', 'down', 'slow', 'busy']
    const mood = this.#mood === 'mixed' ? moods[this.#count++ % moods.length] : this.#mood
    switch (mood) {
      case 'down':
        throw new RetryableError('NETWORK_ERROR', 'connection refused', { grpcStatus: 14 })
      case 'busy':
        throw new RetryableError('BUSY', 'busy', { retryAfterMs: 9_000 })
      case 'refuses':
        throw new PermanentError('HTTP_400', 'Bad Request')
      case 'slow':
        await settle()
        return signal.throwIfAborted()
      case 'hangs':
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        )
      case 'takes':
      case 'mixed':
      case undefined:
    }
  }

  #crash(): void {
    const { file } = this.rig
    const onDisk = new Set(
      idsOf(file.pending.map(({ id }) => Traces.fromProtobuf(file.body(id) ?? new Uint8Array()))),
    )
    for (const id of idsOf([...this.#onTheWay])) this.ambiguous.add(id)
    for (const id of this.rig.sender.deliveredIds) if (onDisk.has(id)) this.ambiguous.add(id)
    this.#onTheWay.clear()
    this.rig.crash()
  }

  async #stop(): Promise<void> {
    const limit = new AbortController()
    const stopping = this.#life?.exporter.shutdown(limit.signal)
    await settle()
    limit.abort()
    await stopping
    await this.#checkBooks()
  }

  /** TEL-10, over restarts. */
  async #checkBooks(): Promise<void> {
    await this.rig.settle()
    if (this.#life === undefined) return
    const { telemetry, metric } = this.#life
    const dropped = [...telemetry.dropped.values()].reduce((sum, count) => sum + count, 0)
    const sent = (await metric('otelcol_exporter_sent_spans')) ?? 0
    const { created, kept } = telemetry.counts
    const stored = telemetry.heldNow() + kept
    assert.equal(sent + dropped + stored, this.#accepted + created)
    assert.equal(stored, this.rig.file.stats().pendingItems)
  }
}
