import { buffer } from 'node:stream/consumers'

import { parseDuration, SpanloomError, wantsColor } from '@spanloom/core'
import { Option } from 'commander'

import type { CliContext } from '../cli-context.ts'
import { addConfigFlags, collect, type ConfigFlags, loadFromFlags } from '../config-flags.ts'
import type { Delivery } from '../explain/delivery.ts'
import type { PlayedAnswer } from '../explain/outside.ts'
import type { TrialPlan } from '../explain/trial.ts'
import type { Verb } from './verb.ts'

interface Flags extends ConfigFlags {
  readonly receiver?: string
  readonly transport?: string
  readonly header: readonly string[]
  readonly method?: string
  readonly path?: string
  readonly sign?: boolean
  readonly time?: string
  readonly advance: string
  readonly answer: readonly string[]
  readonly exporter?: string
  readonly test?: string
  readonly trials: string
  readonly origins: boolean
  readonly format: 'tree' | 'json' | 'otlp'
}

/** Shows what a configuration makes of payloads, and where everything in the spans comes from. */
export const explainVerb: Verb = {
  define(program, context, act) {
    addConfigFlags(program.command('explain'))
      .description(
        'Show what a configuration makes of payloads, step by step, and where each field of the spans comes from. Nothing is sent, and no port or file of the configuration is opened.',
      )
      .argument('[payload...]', 'files in the order in which they come; - for standard input', ['-'])
      .option('--receiver <id>', 'which receiver gets them; needed where there are several')
      .option('--transport <name>', 'how it gets them, such as http, event_hub, file or websocket')
      .option('--header <header>', "a header, such as 'X-GitHub-Event: push'; may be repeated", collect, [])
      .option('--method <method>', 'method of the HTTP request (default: POST)')
      .option('--path <path>', 'path of the HTTP request, with query (default: that of the settings)')
      .option('--sign', 'prove the sender as the settings ask for: signatures, tokens, required headers')
      .option('--time <time>', 'when the payloads come, such as 2026-01-31T12:00:00Z (default: now)')
      .option('--advance <duration>', 'how long the time goes on after the last payload', '1m')
      .option(
        '--answer <answer>',
        "how others answer requests of the pipeline, as 'URL STATUS [BODY]'; may be repeated (default: 200)",
        collect,
        [],
      )
      .option('--exporter <id>', 'show only what this exporter would send, with --format otlp')
      .option('--test <name>', 'take payloads, times and answers from this test of the configuration')
      .option('--trials <number>', 'how many trials may be run to find out where fields come from', '2000')
      .option('--no-origins', 'do not find out where fields come from')
      .addOption(
        new Option('--format <format>', 'tree for people, json and otlp for programs')
          .choices(['tree', 'json', 'otlp'])
          .default('tree'),
      )
      .action((files: readonly string[], flags: Flags) => act(() => explainFiles(files, flags, context)))
  },
}

async function explainFiles(files: readonly string[], flags: Flags, context: CliContext): Promise<number> {
  const { tryOut } = await import('../explain/trial.ts')
  const { sentSpans } = await import('../explain/outcome.ts')
  const plan = await planOf(files, flags, context)
  const trial = await tryOut(plan)
  if (flags.format === 'otlp') {
    const { renderOtlp } = await import('../explain/render-otlp.ts')
    context.stdout.write(renderOtlp(trial, flags.exporter))
    return 0
  }
  const { explain } = await import('../explain/origins/origins.ts')
  const explanation = flags.origins ? await explain(plan, trial, numberOf(flags.trials)) : undefined
  const explained = { trial, sent: sentSpans(trial), explanation }
  if (flags.format === 'json') {
    const { renderJson } = await import('../explain/render-json.ts')
    context.stdout.write(renderJson(explained))
  } else {
    const { renderTree } = await import('../explain/render-tree.ts')
    context.stdout.write(renderTree(explained, wantsColor(context.stdout, context.env)))
  }
  return 0
}

async function planOf(files: readonly string[], flags: Flags, context: CliContext): Promise<TrialPlan> {
  const config = await loadFromFlags(flags, context)
  if (flags.test !== undefined) {
    const { folderOf, scenarioPlan } = await import('../scenario/scenario-plan.ts')
    const test = config.tests.find(({ name }) => name === flags.test)
    if (test === undefined)
      throw new SpanloomError('NO_TESTS', `The configuration has no test "${flags.test}".`, {
        hint: `There is ${config.tests.map(({ name }) => `"${name}"`).join(', ') || 'none'}.`,
      })
    const readFile = (path: string): Promise<Uint8Array> => context.readFile(path)
    return scenarioPlan(test, { config, folder: folderOf(config), readFile })
  }
  return {
    config,
    deliveries: await deliveriesOf(files, flags, context),
    startMs: flags.time === undefined ? Date.now() : timeOf(flags.time),
    advanceMs: durationOf(flags.advance),
    answers: flags.answer.map(answerOf),
  }
}

async function deliveriesOf(
  files: readonly string[],
  { header, receiver, transport, method, path, sign }: Flags,
  context: CliContext,
): Promise<readonly Delivery[]> {
  const { payloadsOf } = await import('../explain/payloads.ts')
  const headers = Object.fromEntries(header.map(headerOf))
  const deliveries: Delivery[] = []
  for (const file of files) {
    for (const { name, body } of payloadsOf(file, await read(file, context))) {
      deliveries.push({
        name,
        body,
        headers,
        ...(receiver === undefined ? {} : { receiver }),
        ...(transport === undefined ? {} : { transport }),
        ...(method === undefined ? {} : { method }),
        ...(path === undefined ? {} : { path }),
        ...(sign === undefined ? {} : { sign }),
      })
    }
  }
  return deliveries
}

async function read(file: string, context: CliContext): Promise<Uint8Array> {
  if (file === '-') return buffer(process.stdin)
  try {
    return await context.readFile(file)
  } catch (cause) {
    throw new SpanloomError('FILE_UNREADABLE', `the file ${file} cannot be read`, { cause })
  }
}

function headerOf(text: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*([^\r\n]*)$/.exec(text) ?? []
  if (name !== undefined && value !== undefined) return [name.toLowerCase(), value]
  throw new SpanloomError('HEADER_INVALID', `"${text}" is no header.`, {
    hint: "Write it as 'Name: value'.",
  })
}

function answerOf(text: string): PlayedAnswer {
  const [, url, status, body] = /^(\S+)\s+(\d{3})(?:\s(.*))?$/s.exec(text) ?? []
  if (url !== undefined && status !== undefined)
    return { url, status: Number(status), ...(body === undefined ? {} : { body: Buffer.from(body) }) }
  throw new SpanloomError('ANSWER_INVALID', `"${text}" is no answer.`, {
    hint: "Write it as 'URL STATUS BODY', such as 'http://localhost:9000/ 200 {}'.",
  })
}

function timeOf(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(ms)) return ms
  throw new SpanloomError('TIME_INVALID', `"${text}" is no time.`, {
    hint: 'Write it as in RFC 3339, such as 2026-01-31T12:00:00Z.',
  })
}

function durationOf(text: string): number {
  const parsed = parseDuration(text)
  if (typeof parsed === 'number' && parsed >= 0) return parsed
  throw new SpanloomError('DURATION_INVALID', `"${text}" is no duration.`, {
    hint: 'Write it as 90s, 10m or 24h.',
  })
}

function numberOf(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text)
  throw new SpanloomError('NUMBER_INVALID', `"${text}" is no number of trials.`)
}
