import { decodeAttributes, messageOf, type RecordAttributes, toOtlpJson, type Traces } from '@spanloom/core'
import type { OfflineQueue } from '@spanloom/extension-storage/offline'
import type { Command } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { tracesOfBody } from './queue-body.ts'
import { entriesById, type Entry, idArgument, toListing } from './queue-entries.ts'
import { addQueueFlags, type QueueFlags, withQueue } from './queue-files.ts'
import { plain } from './queue-table.ts'
import type { Verb } from './verb.ts'

/** Spans that are named in the text. */
const maxSpans = 20

/** `spanloom queue show`: one entry with what is in it. */
export function addQueueShow(queue: Command, context: CliContext, act: Parameters<Verb['define']>[2]): void {
  addQueueFlags(queue.command('show'))
    .description('Show an entry and what is in it.')
    .argument('<id>', 'id of the entry, as ls lists it', idArgument)
    .action((id: number, flags: QueueFlags) =>
      act(async () => {
        const text = await withQueue(flags, context, ({ file }) => {
          const [entry] = entriesById(file.queue, [id])
          return entry === undefined ? '' : describe(file.queue, entry, flags)
        })
        context.stdout.write(text)
        return 0
      }),
    )
}

function describe(queue: OfflineQueue, entry: Entry, { format }: QueueFlags): string {
  const attributes = readable(entry)
  const { metadata } = attributes
  const facts = {
    ...toListing(entry),
    ...(attributes.format === undefined ? {} : { body: attributes.format }),
    ...(metadata === undefined ? {} : { metadata: Object.fromEntries(metadata) }),
  }
  let traces: Traces | undefined
  let fault: string | undefined
  try {
    traces = tracesOfBody(queue.body(entry.record.id) ?? new Uint8Array(), attributes.format)
  } catch (error) {
    fault = messageOf(error)
  }
  if (format === 'json') {
    const content = traces === undefined ? { fault } : { traces: JSON.parse(toOtlpJson(traces)) as unknown }
    return `${JSON.stringify({ ...facts, ...content }, undefined, 2)}\n`
  }
  const lines = Object.entries(facts).map(
    ([name, value]) => `${name.padEnd(12)}${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return [...lines, ...(traces === undefined ? [`content     ${fault ?? ''}`] : spanLines(traces))]
    .map((line) => `${plain(line)}\n`)
    .join('')
}

function spanLines(traces: Traces): readonly string[] {
  const lines: string[] = ['']
  for (const { traceId, spanId, name, resource } of traces.spans()) {
    if (lines.length > maxSpans) {
      lines.push(`… ${traces.spanCount - maxSpans} more; --format json shows all.`)
      break
    }
    const service = resource.attribute('service.name')
    lines.push(`${traceId}  ${spanId}  ${typeof service === 'string' ? service : '-'}  ${name}`)
  }
  return lines
}

function readable({ record }: Entry): RecordAttributes {
  try {
    return decodeAttributes(record.attributes)
  } catch {
    return {}
  }
}
