import type { ComponentTelemetry } from '@spanloom/core'

import type { ReceivedEvent } from '../event.ts'

/** What is known of the end of a partition. */
export interface PartitionEnd {
  readonly sequenceNumber: number
  readonly enqueuedTime: number
}

/** What a consumer tells about itself (`eventhubs.md` section 13.5). */
export interface ConsumerMetrics {
  /** A batch was handed over. */
  received(partitionId: string, events: readonly ReceivedEvent[]): void
  /** Where the partition ends at the moment. */
  end(partitionId: string, end: PartitionEnd): void
  /** Everything up to this event is safe. */
  safe(partitionId: string, event: ReceivedEvent): void
  /** A partition was given back or lost. */
  forget(partitionId: string): void
  readonly reconnected: () => void
  /** Registers the number of partitions that are read, and the age of each one's checkpoint in seconds. */
  readonly watch: (
    owned: () => number,
    ages: () => Iterable<readonly [partitionId: string, seconds: number]>,
  ) => void
}

/** Makes the instruments; `hub` becomes the attribute `messaging.destination.name`. */
export function consumerMetrics(meter: ComponentTelemetry['meter'], hub: string): ConsumerMetrics {
  const where = { 'messaging.destination.name': hub }
  const inPartition = (partitionId: string): Record<string, string> => ({
    ...where,
    'messaging.destination.partition.id': partitionId,
  })
  const counter = (name: string, description: string, unit: string): ReturnType<typeof meter.createCounter> =>
    meter.createCounter(`otelcol_eventhub_${name}`, { description, unit })
  const gauge = (
    name: string,
    description: string,
    unit: string,
  ): ReturnType<typeof meter.createObservableGauge> =>
    meter.createObservableGauge(`otelcol_eventhub_${name}`, { description, unit })
  const events = counter('received_events', 'Events that the pipeline took.', '{event}')
  const bytes = counter('received_bytes', 'Size of the bodies that the pipeline took.', 'By')
  const batches = counter('received_batches', 'Batches that the pipeline took.', '{batch}')
  const reconnects = counter('reconnects', 'Connections made in place of lost ones.', '{connection}')
  const ends = new Map<string, PartitionEnd>()
  const done = new Map<string, ReceivedEvent>()

  gauge('lag_events', 'Events of a partition that are not safe yet.', '{event}').addCallback((result) => {
    for (const [partitionId, end] of ends)
      result.observe(
        Math.max(0, end.sequenceNumber - (done.get(partitionId)?.sequenceNumber ?? -1)),
        inPartition(partitionId),
      )
  })
  gauge('lag', 'Time between the last event of a partition and the last one that is safe.', 's').addCallback(
    (result) => {
      for (const [partitionId, end] of ends) {
        const last = done.get(partitionId)
        if (last !== undefined)
          result.observe(Math.max(0, (end.enqueuedTime - last.enqueuedTime) / 1000), inPartition(partitionId))
      }
    },
  )
  return {
    received(partitionId, batch) {
      const attributes = inPartition(partitionId)
      events.add(batch.length, attributes)
      bytes.add(
        batch.reduce((sum, event) => sum + event.body.byteLength, 0),
        attributes,
      )
      batches.add(1, attributes)
    },
    end: (partitionId, end) => void ends.set(partitionId, end),
    safe: (partitionId, event) => void done.set(partitionId, event),
    forget(partitionId) {
      ends.delete(partitionId)
      done.delete(partitionId)
    },
    reconnected: () => reconnects.add(1, where),
    watch(owned, ages) {
      gauge('owned_partitions', 'Partitions that this instance reads.', '{partition}').addCallback((result) =>
        result.observe(owned(), where),
      )
      gauge(
        'checkpoint_age',
        'Time since the checkpoint of a partition last was up to date.',
        's',
      ).addCallback((result) => {
        for (const [partitionId, seconds] of ages()) result.observe(seconds, inPartition(partitionId))
      })
    },
  }
}
