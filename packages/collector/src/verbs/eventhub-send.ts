import { createReadStream } from 'node:fs'

import { errorText, SpanloomError } from '@spanloom/core'
import { type Command, Option } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { accessOf, addHubFlags, type HubFlags } from './eventhub-flags.ts'
import { linesOf } from './lines.ts'
import type { Verb } from './verb.ts'

interface Flags extends HubFlags {
  readonly as: 'lines' | 'file'
  readonly partitionKey?: string
  readonly partition?: string
  readonly contentType?: string
}

/** `spanloom eventhub send`: the lines of a file, or the file, as events. */
export function addEventhubSend(
  eventhub: Command,
  context: CliContext,
  act: Parameters<Verb['define']>[2],
): void {
  addHubFlags(eventhub.command('send'))
    .description('Send the lines of a file to an event hub, each as an event.')
    .argument('[file]', 'the file; - for standard input', '-')
    .addOption(
      new Option('--as <form>', 'an event for each line that is not empty, or one for the whole file')
        .choices(['lines', 'file'])
        .default('lines'),
    )
    .option('--partition-key <text>', 'partition key of the events')
    .addOption(new Option('--partition <id>', 'partition that the events go to').conflicts('partitionKey'))
    .option('--content-type <type>', 'content type of the events')
    .action((file: string, flags: Flags) => act(() => send(file, flags, context)))
}

async function send(file: string, flags: Flags, context: CliContext): Promise<number> {
  const access = accessOf(flags, context)
  const { sendEvents } = await import('@spanloom/eventhubs/local')
  const { partitionKey, partition, contentType } = flags
  const events = bodiesOf(file, flags.as)
  const count = await sendEvents({ ...access, events, partitionKey, partition, contentType })
  context.stdout.write(`Sent ${count} ${count === 1 ? 'event' : 'events'}.\n`)
  return 0
}

async function* bodiesOf(file: string, form: Flags['as']): AsyncGenerator<Uint8Array> {
  const source: AsyncIterable<Buffer> = file === '-' ? process.stdin : createReadStream(file)
  try {
    if (form === 'lines') yield* linesOf(source)
    else yield await allOf(source)
  } catch (error) {
    throw new SpanloomError('FILE_UNREADABLE', `the events cannot be read: ${errorText(error)}`, {
      cause: error,
    })
  }
}

async function allOf(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}
