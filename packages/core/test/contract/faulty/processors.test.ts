import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { ConsumeContext, ProcessorFactory, Traces } from '@spanloom/core'
import { stageChecks, type StageContract } from '@spanloom/core/testing'

import { CollectingProcessor, MarkingProcessor, processorFactory } from '../small-processors.ts'
import { type Fault, testFaults } from './fault.ts'

const passes: StageContract = { config: {} }
const holds: StageContract = { config: {}, holds: true, runMs: 500 }

const fault = (
  that: string,
  Processor: Parameters<typeof processorFactory>[0],
  fails: Readonly<Record<string, string>>,
  contract = passes,
): Fault<ProcessorFactory, StageContract> => ({ that, factory: processorFactory(Processor), contract, fails })

testFaults('a processor', stageChecks, [
  fault(
    'takes data early',
    class extends MarkingProcessor {
      override async consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
        super
          .consumeTraces(traces, context)
          .catch(() => this.options.telemetry.accounting.dropped(traces.spanCount, 'refused'))
      }
    },
    {
      'takes a batch only after the next stage took it': 'the next stage has not taken yet',
      'passes the errors of the next stage back': 'swallows the PermanentError',
      'loses nothing while the next stage fails at random': 'did not reach the next stage',
    },
  ),
  fault(
    'swallows errors',
    class extends MarkingProcessor {
      override async consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
        await super.consumeTraces(traces, context).catch(() => undefined)
      }
    },
    {
      'passes the errors of the next stage back': 'swallows the PermanentError',
      'loses nothing while the next stage fails at random': 'did not reach the next stage',
    },
  ),
  fault(
    'writes into its input',
    class extends MarkingProcessor {
      override change(traces: Traces): Traces {
        // The version of the scope.
        for (const chunk of traces.chunks) chunk.fill('9', chunk.indexOf('.0.0') - 1, chunk.indexOf('.0.0'))
        return super.change(traces)
      }
    },
    { 'does not change its input': 'changed the bytes of its input' },
  ),
  fault(
    'leaks a timer of its clock',
    class extends MarkingProcessor {
      override async start(): Promise<void> {
        const tick = (): void => void this.options.clock.schedule(60_000, tick)
        tick()
      }
    },
    { 'leaves nothing open after its shutdown': 'left a timer behind' },
  ),
  fault(
    'hangs on stop',
    class extends CollectingProcessor {
      override shutdown(): Promise<void> {
        return this.flush()
      }
    },
    { 'shuts down in time while the next stage is busy': 'does not end when its signal aborts' },
    holds,
  ),
  fault(
    'throws in a callback',
    class extends MarkingProcessor {
      #report: { cancel(): void } | undefined
      override async start(): Promise<void> {
        this.#report = this.options.clock.schedule(5_000, () => {
          throw new TypeError('No report.')
        })
      }
      override async shutdown(): Promise<void> {
        this.#report?.cancel()
      }
    },
    { 'lets no error escape from its callbacks': 'TypeError: No report.' },
  ),
  fault(
    'invents ids',
    class extends MarkingProcessor {
      override change(traces: Traces): Traces {
        return super.change(traces).map((span) => span.with({ spanId: randomBytes(8).toString('hex') }))
      }
    },
    {
      'gives equal output for equal input': 'different spans of equal input',
      'loses nothing while the next stage fails at random': 'did not reach the next stage',
    },
  ),
  fault(
    'keeps a queue of its own instead of waiting',
    class extends MarkingProcessor {
      readonly #queue: Traces[] = []
      #draining = false
      override async consumeTraces(traces: Traces, context: ConsumeContext): Promise<void> {
        this.#queue.push(traces)
        void this.#drain(context)
        // Enough for a next stage that answers at once.
        for (let turns = 0; turns < 5; turns++) await Promise.resolve()
      }
      async #drain(context: ConsumeContext): Promise<void> {
        if (this.#draining) return
        this.#draining = true
        for (let traces = this.#queue.shift(); traces !== undefined; traces = this.#queue.shift())
          await super.consumeTraces(traces, context).catch(() => undefined)
        this.#draining = false
      }
    },
    {
      'takes a batch only after the next stage took it': 'the next stage has not taken yet',
      'passes the errors of the next stage back': 'swallows the PermanentError',
      'loses nothing while the next stage fails at random': 'did not reach the next stage',
    },
  ),
  fault(
    'reads a file in create',
    class extends MarkingProcessor {
      constructor(options: MarkingProcessor['options']) {
        super(options)
        readFileSync('/etc/hostname')
      }
    },
    { 'is created without I/O, timers or handles': 'begins fs.readFileSync' },
  ),
  fault(
    'prints a secret',
    class extends MarkingProcessor {
      override async start(): Promise<void> {
        const { salt } = this.options.config
        if (salt !== undefined) process.stderr.write(`salt ${salt}\n`)
      }
    },
    { 'keeps its secrets to itself': 'prints the secret setting salt' },
  ),
  fault(
    'puts a secret into spans',
    class extends MarkingProcessor {
      override change(traces: Traces): Traces {
        const { salt = '' } = this.options.config
        return super.change(traces).map((span) => span.with({ attributes: { salt } }))
      }
    },
    { 'keeps its secrets to itself': 'tells the secret setting salt' },
  ),
])
