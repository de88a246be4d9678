import {
  Batcher,
  type ConfigOf,
  defineProcessor,
  messageOf,
  PermanentError,
  type ProcessorFactory,
  type ProcessorOptions,
  type ReadyRequest,
} from '@spanloom/core'

import { BatchMetrics } from './batch-metrics.ts'

const schema = {
  type: 'object',
  properties: {
    timeout: {
      type: 'string',
      format: 'duration',
      minimumMs: 0,
      default: '200ms',
      description: 'How long a batch waits to fill; `0s` sends at once and only splits.',
    },
    send_batch_size: {
      type: 'integer',
      minimum: 0,
      default: 8192,
      description: 'Spans at which a batch is sent; a trigger, not a limit.',
    },
    send_batch_max_size: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Largest batch in spans, larger ones are split; 0 means no limit.',
    },
    metadata_keys: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      default: [],
      description:
        'Request headers whose combinations get batches of their own; needs `include_metadata: true` on the receiver.',
    },
    metadata_cardinality_limit: {
      type: 'integer',
      minimum: 0,
      default: 1000,
      description: 'Most combinations of header values.',
    },
    wait_for_result: {
      type: 'boolean',
      default: true,
      description:
        'Whether a sender waits until the next stage has taken its spans. `false` answers at once, as the reference collector does, and loses what is refused later.',
    },
  },
} as const

/** Batches handed on at the same time when nobody waits for the result; beyond it senders are slowed down. */
const unawaitedLimit = 16

/**
 * Joins small requests into batches (`collector-conventions.md` section 9.2). `sending_queue.batch` of the
 * exporter does the same behind the queue and is recommended instead.
 */
export const batchProcessor: ProcessorFactory = defineProcessor({
  type: 'batch',
  stability: 'beta',
  description: 'Joins small requests into batches.',
  schema,
  validate(config, report) {
    const { send_batch_size: size, send_batch_max_size: max, metadata_keys: keys } = config
    if (max > 0 && max < size) {
      report(
        ['send_batch_max_size'],
        'send_batch_max_size must be greater or equal to send_batch_size',
        String(config.send_batch_size),
      )
    }
    const seen = new Set<string>()
    for (const [index, key] of keys.entries()) {
      const lower = key.toLowerCase()
      if (seen.has(lower))
        report(['metadata_keys', index], `duplicate entry in metadata_keys: "${lower}" (case-insensitive)`)
      seen.add(lower)
    }
  },
  create: (options) => new BatchProcessor(options),
})

class BatchProcessor {
  readonly #options: ProcessorOptions<ConfigOf<typeof schema>>
  readonly #batcher: Batcher
  readonly #metrics: BatchMetrics
  readonly #combinations = new Set<string>()
  readonly #keys: readonly string[]
  readonly #inFlight = new Set<Promise<void>>()
  #waiting = 0
  #adding = false

  constructor(options: ProcessorOptions<ConfigOf<typeof schema>>) {
    const { config, clock, telemetry, id } = options
    this.#options = options
    this.#keys = config.metadata_keys.map((key) => key.toLowerCase()).toSorted()
    this.#metrics = new BatchMetrics(telemetry.meter, id, () => Math.max(1, this.#combinations.size))
    telemetry.accounting.held(() => this.#waiting)
    this.#batcher = new Batcher({
      minSize: config.timeout === 0 ? 0 : config.send_batch_size,
      maxSize: config.send_batch_max_size,
      sizer: 'items',
      flushTimeoutMs: config.timeout,
      partitionBy: this.#keys,
      clock,
      emit: (batch) => this.#send(batch),
    })
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  async consumeTraces(
    ...[traces, { metadata }]: Parameters<ProcessorOptions<unknown>['next']['consumeTraces']>
  ): Promise<void> {
    if (traces.spanCount === 0) return
    this.#admit(metadata)
    const { wait_for_result: waitForResult } = this.#options.config
    if (!waitForResult) await this.#slowDown()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting += traces.spanCount
    this.#adding = true
    this.#batcher.add({
      traces,
      size: traces.spanCount,
      metadata,
      finish: (error) => {
        this.#waiting -= traces.spanCount
        if (error === undefined) resolve()
        else if (waitForResult) reject(error)
        else this.#lose(traces.spanCount, error, resolve)
      },
    })
    this.#adding = false
    if (waitForResult) await promise
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    this.#batcher.flush()
    await untilAborted(Promise.allSettled(this.#inFlight), signal)
  }

  #admit(metadata: ReadonlyMap<string, readonly string[]> | undefined): void {
    if (this.#keys.length === 0) return
    const combination = JSON.stringify(this.#keys.map((key) => metadata?.get(key) ?? []))
    if (this.#combinations.has(combination)) return
    const limit = this.#options.config.metadata_cardinality_limit
    if (limit > 0 && this.#combinations.size >= limit) {
      throw new PermanentError('TOO_MANY_COMBINATIONS', 'too many batcher metadata-value combinations', {
        hint: 'Raise metadata_cardinality_limit, or name fewer headers in metadata_keys.',
      })
    }
    this.#combinations.add(combination)
  }

  async #slowDown(): Promise<void> {
    while (this.#inFlight.size >= unawaitedLimit) await Promise.race(this.#inFlight)
  }

  #send(batch: ReadyRequest): void {
    const { traces, metadata } = batch
    this.#metrics.sent(traces, this.#adding ? 'size' : 'timeout')
    const context = { signal: new AbortController().signal, ...(metadata === undefined ? {} : { metadata }) }
    const sending = this.#options.next.consumeTraces(traces, context).then(
      () => batch.finish(),
      (error: unknown) => batch.finish(error),
    )
    this.#inFlight.add(sending)
    void sending.then(() => this.#inFlight.delete(sending))
  }

  #lose(spans: number, error: unknown, done: () => void): void {
    this.#options.telemetry.accounting.dropped(spans, 'refused_downstream')
    this.#options.telemetry.logger.error('Sender failed.', { error: messageOf(error), dropped_items: spans })
    done()
  }
}

/** Waits for the work, but no longer than until the signal aborts. */
async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const aborted = Promise.withResolvers<void>()
  const onAbort = (): void => aborted.resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  await Promise.race([work, aborted.promise])
  signal.removeEventListener('abort', onAbort)
}
