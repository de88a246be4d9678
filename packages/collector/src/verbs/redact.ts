import { buffer } from 'node:stream/consumers'

import { type CollectorConfig, parseOtlpJson, SpanloomError, toOtlpJson, Traces } from '@spanloom/core'
import type { AttributeFate, RedactionConfig } from '@spanloom/processor-standard/redaction'
import { Option } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { addConfigFlags, type ConfigFlags, loadFromFlags } from '../config-flags.ts'
import { renderTable } from './queue-table.ts'
import type { Verb } from './verb.ts'

interface Flags extends ConfigFlags {
  readonly processor?: string
  readonly dryRun?: boolean
  readonly format: 'text' | 'json'
}

/** Shows what a `redaction` processor of a configuration makes of given traces. */
export const redactVerb: Verb = {
  define(program, context, act) {
    addConfigFlags(program.command('redact'))
      .description(
        'Redact traces in OTLP JSON with a processor of a configuration, or show what would become of them.',
      )
      .argument('[file]', 'file with OTLP JSON, one document or one in each line; - for standard input', '-')
      .option('--processor <id>', 'which redaction processor; needed where there are several')
      .option('--dry-run', 'show what would be kept, changed and dropped instead')
      .addOption(new Option('--format <format>', 'of --dry-run').choices(['text', 'json']).default('text'))
      .action((file: string, flags: Flags) =>
        act(async () => {
          const { createRedactor, redactionOptions } = await import('@spanloom/processor-standard/redaction')
          const config = processorOf(await loadFromFlags(flags, context), flags.processor)
          const traces = readTraces(file === '-' ? await buffer(process.stdin) : await read(file, context))
          const fates: AttributeFate[] = []
          const redacted = createRedactor(redactionOptions(config)).redact(traces, (fate) => fates.push(fate))
          const dropped = traces.spanCount - redacted.spanCount
          if (flags.dryRun === true) context.stdout.write(report(fates, dropped, flags.format))
          else context.stdout.write(`${toOtlpJson(redacted)}\n`)
          if (dropped > 0 && flags.dryRun !== true) {
            context.stderr.write(`${dropped} spans could not be redacted and were dropped.\n`)
          }
          return 0
        }),
      )
  },
}

/** The settings were parsed with the processor's own schema. */
function processorOf({ processors }: CollectorConfig, id: string | undefined): RedactionConfig {
  const found = [...processors.values()].filter(
    (each) => each.type === 'redaction' && (id === undefined || each.id === id),
  )
  const [only, ...others] = found
  if (only === undefined) {
    const which = id === undefined ? 'no redaction processor' : `no redaction processor "${id}"`
    throw new SpanloomError('NO_PROCESSOR', `the configuration has ${which}`)
  }
  if (others.length > 0) {
    const ids = found.map((each) => each.id).join(', ')
    throw new SpanloomError('NO_PROCESSOR', `there are several redaction processors: ${ids}`, {
      hint: 'Name one with --processor.',
    })
  }
  return only.config as RedactionConfig
}

async function read(path: string, context: CliContext): Promise<Uint8Array> {
  try {
    return await context.readFile(path)
  } catch (cause) {
    throw new SpanloomError('FILE_UNREADABLE', `the file ${path} cannot be read`, { cause })
  }
}

function readTraces(bytes: Uint8Array): Traces {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const isLines =
    lines.length > 1 && lines.every((line) => line.startsWith('{') && line.trimEnd().endsWith('}'))
  return Traces.concat((isLines ? lines : [text]).map((part) => parseOtlpJson(part)))
}

function report(fates: readonly AttributeFate[], dropped: number, format: Flags['format']): string {
  const counted = new Map<string, AttributeFate & { count: number }>()
  for (const fate of fates) {
    const key = JSON.stringify([fate.where, fate.name, fate.fate, fate.became, fate.rule])
    const known = counted.get(key)
    if (known === undefined) counted.set(key, { ...fate, count: 1 })
    else known.count++
  }
  const rows = [...counted.values()].toSorted(
    (a, b) => a.fate.localeCompare(b.fate) || a.where.localeCompare(b.where) || a.name.localeCompare(b.name),
  )
  if (format === 'json')
    return `${JSON.stringify({ attributes: rows, dropped_spans: dropped }, undefined, 2)}\n`
  const table = renderTable(
    ['FATE', 'OF', 'ATTRIBUTE', 'BECOMES', 'RULE', 'COUNT'],
    rows.map(({ fate, where, name, became = '-', rule = '(none)', count }) => [
      fate,
      where,
      name,
      became,
      rule,
      count,
    ]),
  )
  return `${table}${dropped > 0 ? `${dropped} spans would be dropped as a whole.\n` : ''}`
}
