import { type DataPoint, MeterProvider } from '@opentelemetry/sdk-metrics'

import type { Extension } from '../../src/component/extension.ts'
import { DeliveredExporter } from '../../src/delivery/delivered-exporter.ts'
import type { ExporterSender } from '../../src/delivery/sender.ts'
import type { Accounting } from '../../src/telemetry/component-telemetry.ts'
import {
  fakeClock,
  type FakeClock,
  type MemoryQueueFile,
  MemoryStorage,
  settle,
  testHost,
  testTelemetry,
  type TestTelemetry,
} from '../../src/testing/index.ts'
import type { Traces } from '../../src/traces/index.ts'
import { RecordingSender } from './recording-sender.ts'
import { deliveryConfig, ReadOnDemand } from './running-exporter.ts'

type Config = Readonly<Record<string, unknown>>

/** One life of an exporter with storage. */
export interface StoredExporter {
  readonly exporter: DeliveredExporter
  readonly telemetry: TestTelemetry
  /** Sum of a metric over all its attribute sets; `undefined` if it does not exist. */
  readonly metric: (name: string) => Promise<number | undefined>
  readonly consume: (
    traces: Traces,
    context?: { metadata?: ReadonlyMap<string, readonly string[]> },
  ) => Promise<void>
}

interface StartOptions {
  readonly disk?: Extension
  readonly accounting?: Accounting
}

const { signal } = new AbortController()

/** A destination, a disk and the exporters between them, one after the other. */
export class StoredExporters {
  readonly clock: FakeClock = fakeClock(1_700_000_000_000)
  readonly storage: MemoryStorage = new MemoryStorage(this.clock)
  readonly sender: RecordingSender = new RecordingSender()
  readonly #config: Config
  /** Exporters before the last crash, whose memory still exists only because they share this process. */
  #life = 0
  random: () => number = () => 0.5

  /** `queue` and `rest` are settings as in a file. */
  constructor(queue: Config = {}, rest: Config = {}) {
    this.#config = { ...rest, sending_queue: { storage: 'disk', ...queue } }
  }

  /** What lies on the disk. */
  get file(): MemoryQueueFile {
    return this.storage.queueOf({ kind: 'exporter', id: 'test/1' })
  }

  /** A new exporter on the same disk, not started. */
  create(config: Config = this.#config, { accounting }: StartOptions = {}): StoredExporter {
    const reader = new ReadOnDemand()
    const recorded = testTelemetry(new MeterProvider({ readers: [reader] }).getMeter('test'))
    const telemetry = { ...recorded, ...(accounting === undefined ? {} : { accounting }) }
    const exporter = new DeliveredExporter(this.#senderOfOneLife(), deliveryConfig(config), {
      id: 'test/1',
      telemetry,
      clock: this.clock,
      random: () => this.random(),
    })
    return {
      exporter,
      telemetry,
      consume: (traces, context = {}) => exporter.consumeTraces(traces, { signal, ...context }),
      async metric(name) {
        const { resourceMetrics } = await reader.collect()
        const points = resourceMetrics.scopeMetrics
          .flatMap((scope) => scope.metrics)
          .filter(({ descriptor }) => descriptor.name === name)
          .flatMap(({ dataPoints }): readonly DataPoint<unknown>[] => dataPoints)
        return points.length === 0 ? undefined : points.reduce((sum, { value }) => sum + Number(value), 0)
      },
    }
  }

  /** A new exporter on the same disk, started. */
  async start({ disk = this.storage.extension(), accounting }: StartOptions = {}): Promise<StoredExporter> {
    const made = this.create(this.#config, accounting === undefined ? {} : { accounting })
    await made.exporter.start(testHost({ disk }))
    return made
  }

  /** Kills the exporter, as `kill -9` does. */
  crash(): void {
    this.#life++
    this.storage.crash()
  }

  #senderOfOneLife(): ExporterSender {
    const life = this.#life
    const { sender } = this
    return {
      ...(sender.format === undefined ? {} : { format: sender.format }),
      metricAttributes: sender.metricAttributes,
      encode: (traces) => sender.encode(traces),
      send: (body, context) =>
        life === this.#life ? sender.send(body, context) : new Promise(() => undefined),
      shutdown: () => sender.shutdown(),
    }
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    const progress = (): number => this.storage.commits + this.sender.attempts.length
    for (let quiet = 0, before = progress(); quiet < 3; quiet++) {
      await settle()
      if (progress() !== before) quiet = 0
      before = progress()
    }
  }
}
