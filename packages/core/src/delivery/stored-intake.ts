import type { ConsumeContext } from '../component/consumer.ts'
import { isPermanent, messageOf, RetryableError, ShutdownError } from '../errors/errors.ts'
import type { Traces } from '../traces/traces.ts'
import type { Batcher, ReadyRequest } from './batcher.ts'
import type { Sizer } from './check-settings.ts'
import type { ExporterMetrics } from './exporter-metrics.ts'
import type { LossLog } from './loss-log.ts'
import type { QueueSpace } from './queue-space.ts'
import { sizeOf } from './queue.ts'
import type { ExporterSender } from './sender.ts'
import type { FinalRequest } from './stored-queue.ts'
import type { StoredTelemetry } from './stored-telemetry.ts'

export interface StoredIntakeOptions {
  readonly sizer: Sizer
  readonly space: QueueSpace
  readonly sender: Pick<ExporterSender, 'encode' | 'format'>
  /** Makes the batcher, which hands its batches to `emit`; absent: requests are stored as they come. */
  readonly batcher: ((emit: (batch: ReadyRequest) => void) => Batcher) | undefined
  readonly keep: (request: FinalRequest) => Promise<void>
  readonly metrics: ExporterMetrics
  readonly losses: LossLog
  readonly told: StoredTelemetry
}

/**
 * Takes requests in: room, batch, final body, disk, and only then the answer (EXP-40). Joining comes before storing,
 * so that what is stored is what will be sent.
 */
export class StoredIntake {
  readonly #options: StoredIntakeOptions
  readonly #batcher: Batcher | undefined
  readonly #open = new Set<Promise<void>>()
  #closed = false

  constructor(options: StoredIntakeOptions) {
    this.#options = options
    this.#batcher = options.batcher?.((batch) => void this.#storeBatch(batch))
  }

  /** Resolves once `traces` are stored. The caller's signal ends only its waiting for room (EXP-05). */
  async offer(traces: Traces, context: ConsumeContext): Promise<void> {
    const { metrics } = this.#options
    const taking = this.#take(traces, context)
    this.#open.add(taking)
    try {
      await taking
    } catch (error) {
      metrics.enqueueFailed(traces.spanCount)
      throw error
    } finally {
      this.#open.delete(taking)
    }
    metrics.enqueued(traces)
  }

  /** Stores what is joined already, refuses the rest; resolves when every caller has an answer (EXP-63). */
  async close(): Promise<void> {
    this.#closed = true
    this.#options.space.close()
    this.#batcher?.flush()
    await Promise.allSettled(this.#open)
  }

  async #take(traces: Traces, context: ConsumeContext): Promise<void> {
    const { space, sizer, losses } = this.#options
    const size = sizeOf(traces, sizer)
    try {
      await space.enter(size, context.signal, () => undefined)
    } catch (error) {
      losses.refused(traces.spanCount, error)
      throw error
    }
    try {
      if (this.#closed) throw new ShutdownError()
      const { metadata, trace } = context
      if (this.#batcher === undefined) await this.#store({ traces, metadata, trace })
      else await joined(this.#batcher, { traces, size, metadata })
    } finally {
      // What was stored holds a place of its own by now.
      space.release(size)
    }
  }

  async #storeBatch(batch: ReadyRequest): Promise<void> {
    try {
      await this.#store(batch)
      batch.finish()
    } catch (error) {
      batch.finish(error)
    }
  }

  async #store({ traces, metadata, trace }: Omit<ReadyRequest, 'finish'>): Promise<void> {
    const { sender, keep, metrics, losses, told } = this.#options
    let body: Uint8Array
    try {
      body = await sender.encode(traces)
    } catch (error) {
      losses.refused(traces.spanCount, error)
      throw error
    }
    metrics.batchSent(traces)
    try {
      await keep({
        body,
        items: traces.spanCount,
        attributes: { format: sender.format, metadata, trace },
      })
    } catch (error) {
      told.notStored(traces.spanCount, error)
      throw isPermanent(error) || !(error instanceof RetryableError) ? notStored(error) : error
    }
  }
}

/** Resolves once all parts of the request were stored, rejects if one was not. */
function joined(batcher: Batcher, request: Omit<Parameters<Batcher['add']>[0], 'finish'>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  batcher.add({
    ...request,
    finish(error) {
      if (error === undefined) resolve()
      else reject(error)
    },
  })
  return promise
}

/** Whatever is wrong with the disk, the data is not to blame (EXP-46). */
const notStored = (cause: unknown): RetryableError =>
  new RetryableError('STORAGE_FAILED', `The request could not be stored: ${messageOf(cause)}`, { cause })
