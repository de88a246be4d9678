import {
  EventHubConsumerClient,
  type EventHubConsumerClientOptions,
  EventHubProducerClient,
  type EventPosition,
  type PartitionContext,
  type ReceivedEventData,
} from '@azure/event-hubs'

/** Options that make the official client fail fast. */
export const quick: EventHubConsumerClientOptions = {
  retryOptions: { maxRetries: 0, timeoutInMs: 5_000, retryDelayInMs: 10 },
}

/** Collects events of partitions until told to stop. */
export interface Reading extends AsyncDisposable {
  readonly events: ReceivedEventData[]
  readonly errors: Error[]
  /** Resolves as soon as that many events have come. */
  until(count: number): Promise<readonly ReceivedEventData[]>
  /** Resolves once the reader of a partition is attached: it was handed a batch, if only an empty one. */
  untilOpen(): Promise<void>
  /** Resolves with the first error. */
  untilError(): Promise<Error>
}

/** What to read, and how. */
export interface ReadOptions {
  readonly partition?: string
  readonly group?: string
  readonly ownerLevel?: number
  /** Asks for the end of the partition with every event. */
  readonly track?: boolean
  /** Called with every batch that is not empty. */
  readonly onBatch?: (context: PartitionContext) => void
}

/** Reads a hub with the official client from a position. */
export function readFrom(
  connectionString: string,
  startPosition: EventPosition | Record<string, EventPosition>,
  options: ReadOptions = {},
  clientOptions: EventHubConsumerClientOptions = quick,
): Reading {
  const client = new EventHubConsumerClient(options.group ?? '$Default', connectionString, clientOptions)
  const events: ReceivedEventData[] = []
  const errors: Error[] = []
  let isOpen = false
  let wake: (() => void) | undefined
  const handlers = {
    processEvents(batch: ReceivedEventData[], context: PartitionContext) {
      isOpen = true
      events.push(...batch)
      if (batch.length > 0) options.onBatch?.(context)
      wake?.()
      return Promise.resolve()
    },
    processError(error: Error) {
      errors.push(error)
      wake?.()
      return Promise.resolve()
    },
  }
  const nextChange = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })
  const waitFor = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) {
      if (errors[0] !== undefined) throw errors[0]
      await nextChange()
    }
  }
  const subscribeOptions = {
    startPosition,
    maxBatchSize: 100,
    maxWaitTimeInSeconds: 1,
    skipParsingBodyAsJson: true,
    ...(options.ownerLevel !== undefined && { ownerLevel: options.ownerLevel }),
    ...(options.track === true && { trackLastEnqueuedEventProperties: true }),
  }
  const subscription =
    options.partition === undefined
      ? client.subscribe(handlers, subscribeOptions)
      : client.subscribe(options.partition, handlers, subscribeOptions)
  return {
    events,
    errors,
    async until(count) {
      await waitFor(() => events.length >= count)
      return events
    },
    untilOpen: () => waitFor(() => isOpen),
    async untilError() {
      while (errors.length === 0) await nextChange()
      return errors[0] ?? new Error('unreachable')
    },
    async [Symbol.asyncDispose]() {
      await subscription.close()
      await client.close()
    },
  }
}

/** A producer of the official client that is closed at the end of its scope. */
export function produceTo(
  connectionString: string,
  options: EventHubConsumerClientOptions = quick,
): EventHubProducerClient & AsyncDisposable {
  const client = new EventHubProducerClient(connectionString, options)
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() })
}

/** Sequence numbers of events, in order of arrival. */
export function sequences(events: readonly ReceivedEventData[]): number[] {
  return events.map(({ sequenceNumber }) => sequenceNumber)
}

/** The text of an event's body. */
export function textOf({ body }: ReceivedEventData): string {
  return Buffer.from(body).toString('utf8')
}
