import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { decodeAttributes, messageOf, SpanloomError, toOtlpJson } from '@spanloom/core'
import type { OfflineQueue } from '@spanloom/extension-storage/offline'
import { type Command, Option } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { endingOf, tracesOfBody } from './queue-body.ts'
import {
  countOfEntries,
  entriesById,
  entriesOf,
  type Entry,
  idArguments,
  type StateFlag,
  stateOption,
} from './queue-entries.ts'
import { addQueueFlags, type QueueFlags, withQueue } from './queue-files.ts'
import type { Verb } from './verb.ts'

interface Flags extends QueueFlags {
  readonly state: StateFlag
  readonly as: 'otlp_json' | 'raw'
  readonly to?: string
}

/** Writes one entry. */
type Write = (entry: Entry, body: Uint8Array, format: string | undefined) => void

/** `spanloom queue export`: copies of entries, which stay where they are. */
export function addQueueExport(
  queue: Command,
  context: CliContext,
  act: Parameters<Verb['define']>[2],
): void {
  addQueueFlags(queue.command('export'))
    .description('Write copies of entries; nothing is removed.')
    .argument('[ids...]', 'ids of entries, as ls lists them; default: those of --state', idArguments)
    .addOption(stateOption())
    .addOption(
      new Option('--as <form>', 'lines of OTLP JSON, or each body as it would be sent')
        .choices(['otlp_json', 'raw'])
        .default('otlp_json'),
    )
    .option('--to <path>', 'file for the lines (default: standard output), or folder for the bodies')
    .action((ids: readonly number[], flags: Flags) => act(() => exportEntries(ids, flags, context)))
}

/** Answers 1 when an entry could not be written; the others are. */
async function exportEntries(ids: readonly number[], flags: Flags, context: CliContext): Promise<number> {
  const counts = await withQueue(flags, context, ({ file }) => {
    const entries = ids.length > 0 ? entriesById(file.queue, ids) : entriesOf(file.queue, flags.state)
    const target = targetOf(flags, context)
    try {
      return writeAll(file.queue, entries, target.write, context)
    } finally {
      target.close()
    }
  })
  if (flags.to !== undefined)
    context.stdout.write(`${countOfEntries(counts.written)} written to ${flags.to}.\n`)
  return counts.failed > 0 ? 1 : 0
}

function writeAll(
  queue: OfflineQueue,
  entries: Iterable<Entry>,
  write: Write,
  { stderr }: CliContext,
): { readonly written: number; readonly failed: number } {
  let [written, failed] = [0, 0]
  for (const entry of entries) {
    const { id, attributes } = entry.record
    try {
      const body = queue.body(id)
      if (body === undefined) throw new SpanloomError('BODY_MISSING', 'the body cannot be read')
      write(entry, body, decodeAttributes(attributes).format)
      written++
    } catch (error) {
      failed++
      stderr.write(`Entry ${id} was not written: ${messageOf(error)}\n`)
    }
  }
  return { written, failed }
}

function targetOf({ as, to }: Flags, { stdout }: CliContext): { write: Write; close(): void } {
  if (as === 'raw') {
    if (to === undefined) throw new SpanloomError('NO_TARGET', 'name a folder for the bodies with --to')
    mkdirSync(to, { recursive: true })
    return {
      write: ({ record }, body, format) =>
        writeFileSync(join(to, `${record.id}.${endingOf(format)}`), body, { mode: 0o600 }),
      close: () => undefined,
    }
  }
  if (to === undefined) {
    return {
      write: (_entry, body, format) => void stdout.write(lineOf(body, format)),
      close: () => undefined,
    }
  }
  const file = openSync(to, 'w', 0o600)
  return {
    write: (_entry, body, format) => void writeSync(file, lineOf(body, format)),
    close: () => closeSync(file),
  }
}

function lineOf(body: Uint8Array, format: string | undefined): string {
  return `${toOtlpJson(tracesOfBody(body, format))}\n`
}
