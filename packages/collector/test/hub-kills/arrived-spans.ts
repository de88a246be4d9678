import { createHash } from 'node:crypto'

import { type Span, Traces } from '@spanloom/core/traces'
import type { LocalEventHubs } from '@spanloom/eventhubs/local'

import { CollectingBackend } from '../kill-rounds/collecting-backend.ts'

/** Spans at the end of the pipeline, each once. */
export interface ArrivedSpans extends AsyncDisposable {
  /** Settings of the exporter that leads there. */
  readonly exporter: Readonly<Record<string, object>>
  /** By trace id and span id, as they came first. */
  readonly spans: ReadonlyMap<string, Span>
  /** Spans that came again as they were. */
  readonly repeated: number
  /** Spans that came again with other content. */
  readonly changed: readonly string[]
  /** Takes in what came since the last time. */
  look(): void
}

const delivery = {
  retry_on_failure: { initial_interval: '50ms', max_interval: '200ms', max_elapsed_time: 0 },
  sending_queue: { storage: 'file_storage', queue_size: 100_000 },
}

/** A destination of OTLP. */
export async function overOtlp(): Promise<ArrivedSpans> {
  const backend = await CollectingBackend.listen(() => 0.5)
  const spans = new Map<string, Span>()
  return {
    exporter: { otlp_http: { endpoint: backend.url, ...delivery } },
    spans,
    get repeated() {
      return backend.repeated
    },
    changed: backend.changed,
    look() {
      for (const [id, { span }] of backend.arrivals) spans.set(id, span)
    },
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  }
}

/** Another hub, whose partitions are read from where they were left. */
export function overHub(hubs: LocalEventHubs, hub: string): ArrivedSpans {
  const spans = new Map<string, Span>()
  const digests = new Map<string, string>()
  const seen = new Map<number, number>()
  const changed: string[] = []
  let repeated = 0

  const take = (span: Span): void => {
    const id = `${span.traceId}/${span.spanId}`
    const digest = createHash('sha256').update(span.bytes).digest('hex')
    const before = digests.get(id)
    if (before === undefined) {
      spans.set(id, span)
      digests.set(id, digest)
    } else if (before === digest) repeated++
    else changed.push(id)
  }
  return {
    exporter: {
      azure_event_hub: {
        connection: hubs.connectionString(hub),
        partition_assignment: 'client',
        ...delivery,
      },
    },
    spans,
    get repeated() {
      return repeated
    },
    changed,
    look() {
      for (let partition = 0; partition < hubs.partitions(hub); partition++) {
        const events = hubs.read(hub, partition)
        for (const { body } of events.slice(seen.get(partition) ?? 0)) Traces.fromProtobuf(body).forEach(take)
        seen.set(partition, events.length)
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
