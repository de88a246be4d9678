import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import {
  type Component,
  defineExporter,
  type SendContext,
  span,
  Traces,
  type TracesConsumer,
} from '@spanloom/core'
import {
  createComponent,
  type FakeClock,
  fakeClock,
  testHost,
  testTelemetry,
  type TestTelemetry,
} from '@spanloom/core/testing'
import { vi } from 'vitest'

import { fileNameOf } from '../src/file-name.ts'
import { started, type Started } from './started.ts'

type Config = Readonly<Record<string, unknown>>

export interface QueuedExporter extends Started {
  readonly exporter: Component & TracesConsumer
  /** What the exporter tells; `telemetry` is that of the storage. */
  readonly told: TestTelemetry
  readonly consume: (traces: Traces) => Promise<void>
  /** Stops exporter and storage, without patience. */
  readonly stop: () => Promise<void>
}

const owner = { kind: 'exporter', id: 'queued' } as const
const { signal } = new AbortController()

/** A destination, a folder with a real file and the exporters between them, one after the other. */
export class QueuedExporters {
  readonly directory: string
  readonly clock: FakeClock = fakeClock(Date.now())
  readonly delivered: Traces[] = []
  attempts = 0
  script: (traces: Traces, context: SendContext) => Promise<void> | void = () => undefined
  readonly #config: Config
  readonly #settings: Config

  constructor(directory: string, config: Config = {}, settings: Config = {}) {
    this.directory = directory
    this.#config = config
    this.#settings = settings
  }

  get path(): string {
    return join(this.directory, fileNameOf(owner))
  }

  get deliveredIds(): readonly string[] {
    return idsOf(this.delivered)
  }

  async start(queue: Config = {}): Promise<QueuedExporter> {
    const { extension, telemetry } = await started(
      { directory: this.directory, ...this.#settings },
      { clock: this.clock },
    )
    const factory = defineExporter({
      type: 'queued',
      stability: 'beta',
      schema: { type: 'object', properties: {} },
      delivery: {},
      create: () => ({
        encode: (traces) => traces.toProtobuf(),
        send: async (body, context) => {
          const traces = Traces.fromProtobuf(body)
          this.attempts++
          await this.script(traces, context)
          this.delivered.push(traces)
        },
      }),
    })
    const told = testTelemetry()
    const { sending_queue = {}, ...rest } = this.#config
    const exporter = createComponent(
      factory,
      { ...rest, sending_queue: { storage: 'disk', ...Object(sending_queue), ...queue } },
      { clock: this.clock, telemetry: told },
    )
    await exporter.start(testHost({ disk: extension }))
    return {
      extension,
      telemetry,
      exporter,
      told,
      consume: (traces) => exporter.consumeTraces(traces, { signal }),
      async stop() {
        await exporter.shutdown(AbortSignal.abort())
        await extension.shutdown(AbortSignal.timeout(10_000))
      },
    }
  }

  /** Works on the file while nobody has it open. */
  edit(sql: string): void {
    const database = new DatabaseSync(this.path)
    database.exec(sql)
    database.close()
  }

  /** What the file holds while nobody has it open. */
  counts(): { readonly pending: number; readonly dead: number } {
    const database = new DatabaseSync(this.path, { readOnly: true })
    const row = database
      .prepare(
        'SELECT count(*) FILTER (WHERE state = 0) AS pending, count(*) FILTER (WHERE state = 1) AS dead FROM delivery',
      )
      .get()
    database.close()
    return { pending: Number(row?.['pending']), dead: Number(row?.['dead']) }
  }

  /** Resolves once exactly these batches have arrived, in whatever order. */
  async arrival(traces: readonly Traces[]): Promise<void> {
    const wanted = idsOf(traces)
    await vi.waitFor(() => assert.ok(this.deliveredIds.length >= wanted.length), 10_000)
    assert.deepEqual(this.deliveredIds.toSorted(), wanted.toSorted())
  }
}

let made = 0

/** Batches of `spans` new spans. */
export function batches(count: number, spans = 1): Traces[] {
  return Array.from({ length: count }, () =>
    Traces.of(
      Array.from({ length: spans }, () => {
        made++
        const id = made.toString(16)
        return span({
          traceId: id.padStart(32, '0'),
          spanId: id.padStart(16, '0'),
          name: 'work',
          startTime: 1n,
          endTime: 2n,
        })
      }),
    ),
  )
}

/** The span ids of batches, in order. */
export const idsOf = (all: readonly Traces[]): readonly string[] =>
  all.flatMap((batch) => Array.from(batch.spans(), ({ spanId }) => spanId))
