import type { StoredEvent } from '@spanloom/eventhubs/local'
import { type Command, Option } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { accessOf, addHubFlags, countOf, type HubFlags, stopSignal } from './eventhub-flags.ts'
import type { Verb } from './verb.ts'

interface Flags extends HubFlags {
  readonly consumerGroup: string
  readonly partition?: string
  readonly from: 'earliest' | 'latest'
  readonly follow?: boolean
  readonly limit?: number
  readonly as: 'body' | 'json'
}

/** `spanloom eventhub read`: the events of a hub as lines. */
export function addEventhubRead(
  eventhub: Command,
  context: CliContext,
  act: Parameters<Verb['define']>[2],
): void {
  addHubFlags(eventhub.command('read'))
    .description(
      'Print the events of an event hub, one line each; nothing is removed and no position is kept.',
    )
    .option('--consumer-group <name>', 'the group to read as', '$Default')
    .option('--partition <id>', 'the only partition to read')
    .addOption(
      new Option('--from <position>', 'where to begin').choices(['earliest', 'latest']).default('earliest'),
    )
    .option('--follow', 'wait for more events until Ctrl-C')
    .option('--limit <count>', 'end after so many events', countOf)
    .addOption(
      new Option('--as <form>', 'the bodies, or JSON with everything about each event')
        .choices(['body', 'json'])
        .default('body'),
    )
    .action((flags: Flags) => act(() => read(flags, context)))
}

async function read(flags: Flags, context: CliContext): Promise<number> {
  const { consumerGroup, partition, from, follow, limit } = flags
  const access = accessOf(flags, context)
  const { readEvents } = await import('@spanloom/eventhubs/local')
  using stop = stopSignal(context.events)
  const line = flags.as === 'json' ? jsonOf : textOf
  await readEvents({
    ...access,
    consumerGroup,
    partition,
    from,
    // From the latest event on there is only what is yet to come.
    follow: follow ?? from === 'latest',
    limit,
    signal: stop.signal,
    onEvent: (event) => void context.stdout.write(`${line(event)}\n`),
  })
  return 0
}

function textOf({ body }: StoredEvent): string {
  return Buffer.from(body).toString('utf8')
}

function jsonOf(event: StoredEvent): string {
  return JSON.stringify({
    partition: event.partitionId,
    sequence_number: event.sequenceNumber,
    offset: event.offset,
    enqueued_time: new Date(event.enqueuedTime).toISOString(),
    partition_key: event.partitionKey,
    content_type: event.contentType,
    message_id: event.messageId,
    correlation_id: event.correlationId,
    properties: Object.fromEntries(
      Object.entries(event.properties).map(([name, value]) => [name, plain(value)]),
    ),
    ...bodyOf(event.body),
  })
}

/** Binary properties as text, as Kafka clients mean them. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value
}

/** Text as it is; what is no UTF-8 as Base64, so that nothing of it is lost. */
function bodyOf(body: Uint8Array): { readonly body: string } | { readonly body_base64: string } {
  try {
    return { body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body) }
  } catch {
    return { body_base64: Buffer.from(body).toString('base64') }
  }
}
