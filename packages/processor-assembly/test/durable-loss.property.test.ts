import { RetryableError, span, toOtlpJson, Traces } from '@spanloom/core'
import {
  createComponent,
  type FakeClock,
  fakeClock,
  MemoryStorage,
  settle,
  testHost,
  TracesSink,
} from '@spanloom/core/testing'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { type SpanAssembly, spanAssemblyProcessor } from '../src/processor.ts'

const { signal } = new AbortController()
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const origin = 1_767_225_600_000

interface Sent {
  readonly key: number
  readonly kind: 'start' | 'update' | 'end'
  readonly tick: number
}

type Step =
  | { readonly send: readonly Sent[] }
  | { readonly wait: number }
  | { readonly next: 'takes' | 'refuses' | 'hangs' }
  | { readonly disk: 'works' | 'is full' | 'is broken' }
  | { readonly end: 'killed' | 'stopped' }

const sentArbitrary: fc.Arbitrary<Sent> = fc.record({
  key: fc.integer({ min: 1, max: 4 }),
  kind: fc.constantFrom('start', 'update', 'end'),
  tick: fc.integer({ min: 1, max: 9 }),
})

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ send: fc.array(sentArbitrary, { minLength: 1, maxLength: 4 }) }) },
  { weight: 6, arbitrary: fc.record({ wait: fc.constantFrom(1, 60, 2_000, 2_100, 31_000, 86_400_000) }) },
  { weight: 4, arbitrary: fc.record({ next: fc.constantFrom('takes', 'refuses', 'hangs') }) },
  { weight: 2, arbitrary: fc.record({ disk: fc.constantFrom('works', 'is full', 'is broken') }) },
  { weight: 3, arbitrary: fc.record({ end: fc.constantFrom('killed', 'stopped') }) },
)

it('never loses what it acknowledged, whatever dies, fills up or refuses', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 3, maxLength: 25 }), async (steps) => {
      const world = new World()
      await world.boot()
      for (const step of steps) await world.take(step)
      await world.finish()

      expect(world.missing()).toEqual([])
    }),
    { numRuns: Number(process.env['ASSEMBLY_RUNS'] ?? 400) },
  )
}, 600_000)

/** A machine with a process on it that dies and comes back, between a sender and a next stage. */
class World {
  readonly #clock: FakeClock = fakeClock(origin)
  readonly #disk = new MemoryStorage(this.#clock)
  /** Those of dead processes, too: what they handed on has been delivered. */
  readonly #sinks: TracesSink[] = []
  readonly #acknowledged: string[] = []
  #sink = new TracesSink()
  #processor: SpanAssembly | undefined
  #sent: number = 0

  async boot(): Promise<void> {
    const born = this.#clock.monotonic()
    const clock = {
      now: () => this.#clock.now(),
      monotonic: () => this.#clock.monotonic() - born,
      schedule: (delayMs: number, run: () => void) => this.#clock.schedule(delayMs, run),
    }
    this.#sink = new TracesSink()
    this.#sinks.push(this.#sink)
    this.#processor = createComponent(spanAssemblyProcessor, { storage: 'disk' }, { next: this.#sink, clock })
    await this.#processor.start(testHost({ disk: this.#disk.extension() }))
    await this.#clock.advance(0)
  }

  async take(step: Step): Promise<void> {
    if ('send' in step) await this.#send(step.send)
    else if ('wait' in step) await this.#clock.advance(step.wait)
    else if ('next' in step) this.#setNext(step.next)
    else if ('disk' in step) this.#setDisk(step.disk)
    else await this.#end(step.end)
  }

  async finish(): Promise<void> {
    this.#setNext('takes')
    this.#setDisk('works')
    await this.#clock.advance(120_000)
    await this.#end('killed')
    await this.#processor?.flush()
    await this.#clock.advance(120_000)
  }

  missing(): readonly string[] {
    const delivered = toOtlpJson(Traces.concat(this.#sinks.flatMap(({ batches }) => batches)))
    return this.#acknowledged.filter((mark) => !delivered.includes(`"${mark}"`))
  }

  async #send(list: readonly Sent[]): Promise<void> {
    const marks: string[] = []
    const spans = list.map(({ key, kind, tick }) => {
      const mark = `mark-${++this.#sent}`
      marks.push(mark)
      // A late end that says again what was said before is dropped, so no two fragments have the same time.
      const time = BigInt(origin + tick * 1_000) * 1_000_000n + BigInt(this.#sent)
      return span({
        traceId,
        spanId: String(key).padStart(16, '0'),
        name: 'pay',
        attributes: { [mark]: true },
        ...(kind === 'start' ? { startTime: time } : {}),
        ...(kind === 'end' ? { endTime: time } : {}),
        ...(kind === 'update' ? { events: [{ time, name: 'note' }] } : {}),
      })
    })
    const answer = this.#processor?.consumeTraces(Traces.of(spans), { signal }).then(
      () => void this.#acknowledged.push(...marks),
      () => undefined,
    )
    // Where the next stage hangs a late span is waited for; the sender goes on and may never hear.
    await Promise.race([answer, settle()])
    await this.#clock.advance(0)
  }

  #setNext(how: 'takes' | 'refuses' | 'hangs'): void {
    this.#sink.release()
    this.#sink.refuseWith(how === 'refuses' ? new RetryableError('QUEUE_FULL', 'No room.') : undefined)
    if (how === 'hangs') this.#sink.block()
  }

  #setDisk(how: 'works' | 'is full' | 'is broken'): void {
    this.#disk.mend()
    if (how === 'is full') this.#disk.refuse()
    if (how === 'is broken') this.#disk.fail()
  }

  async #end(how: 'killed' | 'stopped'): Promise<void> {
    if (how === 'stopped') {
      const deadline = new AbortController()
      const stopped = this.#processor?.shutdown(deadline.signal)
      await settle()
      deadline.abort()
      await stopped
    }
    this.#disk.crash()
    // A broken disk keeps the next process from starting; somebody mends it.
    this.#disk.mend()
    await this.boot()
  }
}
