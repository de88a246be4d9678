import type { Clock, Storage } from '@spanloom/core'
import { type FakeClock, fakeClock, MemoryStorage, silentLogger, testTelemetry } from '@spanloom/core/testing'
import { type Span, Traces } from '@spanloom/core/traces'

import { Assembler } from '../src/assembler.ts'
import { DurableStore } from '../src/durable/durable-store.ts'
import type { WaitingBatch, WaitingSpans } from '../src/emission/waiting-spans.ts'
import { Profiles } from '../src/profile.ts'
import { type Bench, type BenchOptions, scanned } from './assembly.ts'

/** An assembler that can die and come back with what is on disk. */
export interface DurableBench extends Bench {
  /** Whether the next stage takes what leaves; default true. */
  taking: boolean
  /** Writes everything that is due to be written, and what time it is. */
  flush(): Promise<void>
  /** Ends the process without a word, and begins the next one. */
  restart(): Promise<void>
}

export interface DurableBenchOptions extends Omit<BenchOptions, 'store'> {
  /** A disk that is killed with its user. */
  readonly storage?: Storage & { crash(): void }
}

const owner = { kind: 'processor', id: 'span_assembly', pipeline: 'traces' } as const

export async function durableBench(options: DurableBenchOptions = {}): Promise<DurableBench> {
  const { profiles = new Map(), maxOpen = 1e6, maxTombstones = 1e6, clock = fakeClock() } = options
  const storage = options.storage ?? new MemoryStorage(clock)

  const begin = async (): Promise<Life> => {
    const own = clockOf(clock)
    const waiting = new NextStage()
    const store = new DurableStore({ clock: own, waiting })
    const assembler = new Assembler({
      profiles: new Profiles(profiles),
      store,
      clock: own,
      logger: silentLogger,
      accounting: testTelemetry().accounting,
      maxOpen,
      maxTombstones,
      output: (span) => waiting.push(span, store),
    })
    const { fragments } = await storage.open(owner)
    const restored = await assembler.restore(store, fragments)
    for (const { traces, sequence } of restored.waiting) waiting.restore(Traces.trusted(traces), sequence)
    return { clock: own, waiting, store, assembler }
  }

  let life = await begin()
  return {
    get taking() {
      return life.waiting.taking
    },
    set taking(taking) {
      life.waiting.taking = taking
    },
    get assembler() {
      return life.assembler
    },
    clock,
    take() {
      return life.waiting.take(life.store)
    },
    async add(...spans) {
      await life.assembler.add(spans.map(scanned), () => false)
    },
    async advance(ms) {
      const until = life.clock.monotonic() + ms
      while (life.assembler.nextDue <= until) {
        await clock.advance(Math.max(0, life.assembler.nextDue - life.clock.monotonic()))
        await life.assembler.settleDue(() => false)
      }
      await clock.advance(until - life.clock.monotonic())
    },
    async drain(occasion) {
      for (const step of life.assembler.drain(occasion)) await step
    },
    flush: () => life.store.flush(),
    async restart() {
      storage.crash()
      life = await begin()
    },
  }
}

interface Life {
  readonly clock: Clock
  readonly waiting: NextStage
  readonly store: DurableStore
  readonly assembler: Assembler
}

/** The clock of one process: its processing time begins with it. */
function clockOf(clock: FakeClock): Clock {
  const born = clock.monotonic()
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic() - born,
    schedule: (delayMs, run) => clock.schedule(delayMs, run),
  }
}

/** The next stage: takes what leaves at once, or not at all. */
class NextStage implements WaitingSpans {
  taking: boolean = true
  pushed: number = 0
  taken: number = 0
  readonly isRefused: boolean = false
  #left: Span[] = []
  #spans: Span[] = []
  #batches: WaitingBatch[] = []

  push(span: Span, store: DurableStore): void {
    this.pushed++
    if (this.taking) {
      this.#left.push(span)
      this.taken++
      store.taken({ traces: Traces.empty, record: 0 })
    } else this.#spans.push(span)
  }

  restore(traces: Traces, record: number): void {
    this.pushed += traces.spanCount
    this.#batches.push({ traces, record })
  }

  batches(): readonly WaitingBatch[] {
    const spans = this.#spans.splice(0)
    if (spans.length > 0) this.#batches.push({ traces: Traces.of(spans), record: 0 })
    return this.#batches
  }

  /** What was taken since the last call. */
  take(store: DurableStore): readonly Span[] {
    if (this.taking) {
      const batches = [...this.batches()]
      this.#batches = []
      this.taken = this.pushed
      for (const batch of batches) store.taken(batch)
      for (const { traces } of batches) this.#left.push(...traces.spans())
    }
    return this.#left.splice(0)
  }
}
